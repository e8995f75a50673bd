import { Archive } from "@firn/archive";
import type { Store } from "@firn/core";
import { Identity } from "@firn/identity";
import { ObjectStore } from "@firn/objects";
import { Tables } from "@firn/tables";
import { Volumes } from "@firn/volumes";
import type { Credentials } from "./options.ts";

/** The four engines, and who may use them, on one store. */
export interface Engines {
  readonly store: Store;
  readonly objects: ObjectStore;
  readonly tables: Tables;
  readonly volumes: Volumes;
  readonly archive: Archive;
  readonly identity: Identity;
}

export interface EnginesOptions {
  /** Replaces root's stored access key. */
  readonly root: Credentials | undefined;
  readonly throttle: boolean;
}

/** Opens all of them; on a failure the store is left to the caller. */
export async function openEngines(
  store: Store,
  { root, throttle }: EnginesOptions,
): Promise<Engines> {
  const [objects, tables, volumes, archive, identity] = await Promise.all([
    ObjectStore.open({ store }),
    Tables.open({ store, throttle }),
    Volumes.open({ store }),
    Archive.open({ store }),
    Identity.open({ store, root }),
  ]);
  return { store, objects, tables, volumes, archive, identity };
}
