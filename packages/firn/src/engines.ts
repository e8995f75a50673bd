import { Archive } from "@firn/archive";
import type { Store } from "@firn/core";
import { ObjectStore } from "@firn/objects";
import { TableEngine } from "@firn/tables";
import { Volumes } from "@firn/volumes";

/** The four engines on one store. */
export interface Engines {
  readonly store: Store;
  readonly objects: ObjectStore;
  readonly tables: TableEngine;
  readonly volumes: Volumes;
  readonly archive: Archive;
}

export interface EnginesOptions {
  readonly throttle: boolean;
}

/** Opens all of them; on a failure the store is left to the caller. */
export async function openEngines(store: Store, { throttle }: EnginesOptions): Promise<Engines> {
  const [objects, tables, volumes, archive] = await Promise.all([
    ObjectStore.open({ store }),
    TableEngine.open({ store, throttle }),
    Volumes.open({ store }),
    Archive.open({ store }),
  ]);
  return { store, objects, tables, volumes, archive };
}
