import { Archive } from "@firn/archive";
import type { Store } from "@firn/core";
import { Identity, LocalKeyRing } from "@firn/identity";
import { ObjectStore } from "@firn/objects";
import type { TakeExpedited } from "@firn/objects";
import { Tables } from "@firn/tables";
import { Volumes } from "@firn/volumes";
import type { Credentials } from "./options.ts";
import { RequestMeter } from "./request-meter.ts";
import { tableObjects } from "./table-objects.ts";
import { volumeObjects } from "./volume-objects.ts";

/** The four engines, and who may use them, on one store. */
export interface Engines {
  readonly store: Store;
  readonly objects: ObjectStore;
  readonly tables: Tables;
  readonly volumes: Volumes;
  readonly archive: Archive;
  readonly identity: Identity;
  readonly keyRing: LocalKeyRing;
  /** Counts what servers serve, for bills. */
  readonly meter: RequestMeter;
}

export interface EnginesOptions {
  /** Replaces root's stored access key. */
  readonly root: Credentials | undefined;
  readonly throttle: boolean;
  readonly instantRestores: boolean;
  readonly expeditedOnDemand: number | undefined;
  readonly masterKey: Uint8Array | undefined;
}

/** Opens all of them; on a failure the store is left to the caller. */
export async function openEngines(
  store: Store,
  { root, throttle, masterKey, instantRestores, expeditedOnDemand }: EnginesOptions,
): Promise<Engines> {
  const keyRing = await LocalKeyRing.open({ store, masterKey });
  const archive = await Archive.open({ store, instantRestores, expeditedOnDemand });
  // Vaults and the cold classes of S3 have one capacity, as at AWS.
  const takeExpedited: TakeExpedited = (tx, owner) => archive.expedited.take(tx, owner);
  const objects = await ObjectStore.open({ store, keyRing, instantRestores, takeExpedited });
  const [tables, volumes, identity] = await Promise.all([
    Tables.open({ store, throttle, objects: tableObjects(objects) }),
    Volumes.open({ store, throttle, objects: volumeObjects(objects) }),
    Identity.open({ store, root, checkPolicy }),
  ]);
  const meter = await RequestMeter.open(store);
  return { store, objects, tables, volumes, archive, identity, keyRing, meter };
}

/** The reader of policies comes with the gateway, which an embedded store need not load. */
async function checkPolicy(policyDocument: string): Promise<void> {
  const { checkIdentityPolicy } = await import("@firn/gateway");
  checkIdentityPolicy(policyDocument);
}
