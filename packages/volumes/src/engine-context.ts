/** What every operation of the engine works with: the store, the catalog, what is open. */
import { decodeKey, unpackValue, type KeySpaceId, type Store, type Transaction } from "@firn/core";
import type { BlockCache } from "./block-cache.ts";
import {
  CatalogTransaction,
  catalogKey,
  catalogRange,
  ownerKey,
  ownerRange,
  performanceOf,
  type Kind,
  type Scope,
  type SnapshotRecord,
  type VolumeRecord,
} from "./catalog.ts";
import { volumeError } from "./errors.ts";
import type { Histories } from "./histories.ts";
import { Listing } from "./listing.ts";
import type { Lineages } from "./lineages.ts";
import type { Moments } from "./moments.ts";
import type { Sweeper } from "./sweeper.ts";
import type { Upload } from "./upload.ts";
import { VolumeThrottle } from "./volume-throttle.ts";
import type { VolumeObjects } from "./volume-objects.ts";
import type { Volume } from "./volume.ts";

/** Shared by all scopes of one engine. */
export interface EngineState {
  readonly store: Store;
  readonly catalog: KeySpaceId;
  readonly lineages: Lineages;
  readonly cache: BlockCache;
  /** Open handles by volume or snapshot id. */
  readonly handles: Map<string, Set<Volume>>;
  /** Snapshots whose blocks were put lately, by id. */
  readonly uploads: Map<string, Upload>;
  /** Ids of volumes of which a block failed its checksum since the opening. */
  readonly impaired: Set<string>;
  /** By volume id, of those that were used since the opening; absent: nothing is throttled. */
  readonly throttles: Map<string, VolumeThrottle> | undefined;
  /** Milliseconds since 1970 UTC of the opening. */
  readonly openedMs: number;
  /** Where snapshots are exported to; absent: nowhere. */
  readonly objects: VolumeObjects | undefined;
  /** Empties the recycle bins of what has been there long enough. */
  readonly sweeper: Sweeper;
  /** Takes and drops the anchors of volumes that keep a history. */
  readonly histories: Histories;
  /** Moments of volumes that are open. */
  readonly moments: Moments;
  closed: boolean;
}

export class EngineContext {
  readonly state: EngineState;
  readonly scope: Scope;

  constructor(state: EngineState, scope: Scope) {
    this.state = state;
    this.scope = scope;
  }

  /** The same engine for another account or region. */
  in(scope: Scope): EngineContext {
    return new EngineContext(this.state, scope);
  }

  get store(): Store {
    return this.state.store;
  }

  get lineages(): Lineages {
    return this.state.lineages;
  }

  /** Blocks that are written from now on are encrypted. */
  get isEncrypting(): boolean {
    return this.store.stream(this.state.catalog).sealer !== undefined;
  }

  checkOpen(): void {
    if (this.state.closed) {
      throw volumeError("FIRN_VOLUME_CLOSED", "the volume engine has been closed");
    }
  }

  /** One transaction that will read the named catalog entries. */
  transact<T>(
    reads: readonly (readonly [Kind, string])[],
    body: (catalog: CatalogTransaction, tx: Transaction) => T,
  ): Promise<T> {
    this.checkOpen();
    const { store, catalog } = this.state;
    return store.transact((tx) => body(new CatalogTransaction(tx, catalog, this.scope), tx), {
      reads: reads.map(([kind, id]) => [catalog, catalogKey(kind, this.scope, id)] as const),
    });
  }

  /** @throws FIRN_VOLUME_NOT_FOUND. */
  async volume(volumeId: string): Promise<VolumeRecord> {
    const record = await this.find<VolumeRecord>("volume", volumeId);
    return existingVolume(record, volumeId);
  }

  /** @throws FIRN_SNAPSHOT_NOT_FOUND. */
  async snapshot(snapshotId: string): Promise<SnapshotRecord> {
    const record = await this.find<SnapshotRecord>("snapshot", snapshotId);
    if (record === undefined) throw snapshotNotFound(snapshotId);
    return record;
  }

  async find<T>(kind: Kind, id: string): Promise<T | undefined> {
    this.checkOpen();
    const { store, catalog } = this.state;
    const value = await store.get(catalog, catalogKey(kind, this.scope, id));
    return value === undefined ? undefined : unpackValue<T>(value);
  }

  /** All entries of a kind, described, in the order of their ids. */
  list<R, T>(
    kind: Kind,
    options: { describe: (record: R) => T; idOf: (item: T) => string },
  ): Listing<T> {
    const { store, catalog } = this.state;
    const fetch = async (limit: number, after: string | undefined): Promise<T[]> => {
      this.checkOpen();
      const view = store.view();
      try {
        const range = catalogRange(kind, this.scope, after);
        const entries = await view.page(catalog, { ...range, limit });
        return entries.map(({ value }) => options.describe(unpackValue<R>(value)));
      } finally {
        view.close();
      }
    };
    return new Listing<T>(fetch, options.idOf);
  }

  /** The scope of a volume or snapshot, wherever it is; `undefined` when there is none. */
  async ownerOf(id: string): Promise<Scope | undefined> {
    this.checkOpen();
    const value = await this.store.get(this.state.catalog, ownerKey(id));
    return value === undefined ? undefined : unpackValue<Scope>(value);
  }

  /** Ids of volumes (`vol-`) or snapshots (`snap-`) of all scopes, ascending, up to `limit`. */
  async idsOf(prefix: string, limit: number): Promise<string[]> {
    this.checkOpen();
    const view = this.store.view();
    try {
      const entries = await view.page(this.state.catalog, { ...ownerRange(prefix), limit });
      return entries.map(({ key }) => decodeKey(key, ["text", "text"])[1] as string);
    } finally {
      view.close();
    }
  }

  /** Ends every open handle of a volume or snapshot. */
  endHandles(id: string, reason: "deleted" | "detached" = "deleted"): void {
    for (const handle of this.state.handles.get(id) ?? []) handle.end(reason);
  }

  /** What holds a volume to its type; `undefined` when volumes are not throttled. */
  throttleOf(record: VolumeRecord): VolumeThrottle | undefined {
    const { throttles } = this.state;
    if (throttles === undefined) return undefined;
    let throttle = throttles.get(record.volumeId);
    if (throttle === undefined) {
      throttle = new VolumeThrottle(this.store.clock, performanceOf(record.performance));
      throttles.set(record.volumeId, throttle);
    }
    return throttle;
  }

  /** A new id, as AWS's: the kind, then 17 hex digits. */
  newId(kind: "vol" | "snap"): string {
    const hex = Buffer.from(this.store.random.bytes(9)).toString("hex").slice(1);
    return `${kind}-${hex}`;
  }
}

/** @throws FIRN_SNAPSHOT_STATE when it is still being uploaded, or its upload has failed. */
export function checkCompleted(record: SnapshotRecord): void {
  if (record.upload === undefined) return;
  const { snapshotId } = record;
  throw volumeError("FIRN_SNAPSHOT_STATE", `The snapshot '${snapshotId}' is not completed.`, {
    detail: { snapshotId },
  });
}

export function existingVolume(record: VolumeRecord | undefined, volumeId: string): VolumeRecord {
  if (record === undefined) throw volumeNotFound(volumeId);
  return record;
}

export function volumeNotFound(volumeId: string): Error {
  return volumeError("FIRN_VOLUME_NOT_FOUND", `The volume '${volumeId}' does not exist.`, {
    detail: { volumeId },
  });
}

export function snapshotNotFound(snapshotId: string): Error {
  return volumeError("FIRN_SNAPSHOT_NOT_FOUND", `The snapshot '${snapshotId}' does not exist.`, {
    detail: { snapshotId },
  });
}
