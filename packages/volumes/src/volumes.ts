/** The volume engine: what AWS calls EBS, over one store. */
import type { Store, UsageLine, UsageOptions } from "@firn/core";
import { BlockCache } from "./block-cache.ts";
import type { Scope, SnapshotRecord, Tag, VolumeRecord } from "./catalog.ts";
import { ALL_IDS_MAX, BIN_SWEEP_MS, BLOCK_CACHE_BYTES, MAP_CACHE_BYTES } from "./constants.ts";
import {
  describeSnapshot,
  describeVolume,
  type AttachmentDescription,
  type SnapshotDescription,
  type VolumeDescription,
} from "./descriptions.ts";
import { DirectSnapshots } from "./direct-snapshots.ts";
import { checkCompleted, EngineContext } from "./engine-context.ts";
import { Histories } from "./histories.ts";
import { Lineages } from "./lineages.ts";
import type { Listing } from "./listing.ts";
import { Moments, type MomentOptions } from "./moments.ts";
import { deleteEphemeral, deleteVolume } from "./delete-volume.ts";
import { modifyVolume, type ModifyVolumeOptions } from "./modify-volume.ts";
import { openTracked } from "./open-version.ts";
import {
  changedRanges,
  createSnapshots,
  deleteSnapshot,
  type ByteRange,
  type ChangedBlocksOptions,
  type CreateSnapshotOptions,
  type CreateSnapshotsOptions,
} from "./snapshot-operations.ts";
import { sweepBins } from "./recycle-bin.ts";
import { readSecret } from "./secret.ts";
import { SnapshotAdmin } from "./snapshot-admin.ts";
import { snapshotOfMoment } from "./snapshot-of-moment.ts";
import { readableSnapshot } from "./snapshot-sharing.ts";
import { checkNotArchived } from "./snapshot-tier.ts";
import { StreamLiveness } from "./stream-liveness.ts";
import { Sweeper } from "./sweeper.ts";
import { changeTags, type TagRemoval } from "./tags.ts";
import { withExpiry } from "./upload-state.ts";
import { usageOfVolumes } from "./usage.ts";
import type { VolumeObjects } from "./volume-objects.ts";
import type { Volume } from "./volume.ts";
import {
  setRetention,
  startHistories,
  tendHistory,
  type SetRetentionOptions,
} from "./volume-history.ts";
import {
  attachVolume,
  detachVolume,
  isSameLease,
  type AttachVolumeOptions,
  type DetachVolumeOptions,
} from "./volume-leases.ts";
import { createVolume, setAutoEnableIo, type CreateVolumeOptions } from "./volume-operations.ts";

export interface VolumesOptions {
  readonly store: Store;
  /**
   * Bytes of map nodes in memory, all volumes together; default 64 MiB, which maps 32 GiB. More
   * makes random reads of larger volumes quicker.
   */
  readonly mapCacheBytes?: number | undefined;
  /**
   * Bytes of verified blocks in memory, all volumes together, taken as blocks are read; default
   * 128 MiB, 0 for none. A read from it takes no system call and no checksum.
   */
  readonly blockCacheBytes?: number | undefined;
  /**
   * Holds volumes to the operations, bytes and burst credits of their types, by making calls wait.
   * Credits begin full when the engine opens. Default false.
   */
  readonly throttle?: boolean | undefined;
  /** Where snapshots are exported to and imported from. Default: nowhere. */
  readonly objects?: VolumeObjects | undefined;
}

const defaultScope: Scope = { accountId: "000000000000", region: "us-east-1" };

/**
 * Volumes and snapshots of one account and region. Everything but the bytes of volumes is
 * `committed`: a call resolves after an fdatasync that covers it.
 */
export class Volumes {
  /** Snapshots that are written and read block by block. */
  readonly direct: DirectSnapshots;
  /** Copies, shares, locks, archives and restores snapshots. */
  readonly snapshots: SnapshotAdmin;
  readonly #context: EngineContext;

  private constructor(context: EngineContext) {
    this.#context = context;
    this.direct = new DirectSnapshots(context);
    this.snapshots = new SnapshotAdmin(context);
  }

  /** The engine on a store, bound to account 000000000000 and us-east-1. */
  static async open(options: VolumesOptions): Promise<Volumes> {
    const { store, mapCacheBytes = MAP_CACHE_BYTES, throttle = false, objects } = options;
    const cache = new BlockCache(options.blockCacheBytes ?? BLOCK_CACHE_BYTES);
    const catalog = await store.openKeySpace("volumes");
    const budget = { limitBytes: mapCacheBytes, usedBytes: 0 };
    const lineages = new Lineages(store, budget);
    store.ownStreams(new StreamLiveness(store, budget));
    const openedMs = store.clock.now();
    const throttles = throttle ? new Map() : undefined;
    const maps = { handles: new Map(), uploads: new Map(), impaired: new Set<string>(), throttles };
    const sweeper = new Sweeper(store.clock, BIN_SWEEP_MS);
    const base = { store, catalog, cache, lineages, openedMs };
    const histories = new Histories(store.clock, tendHistory);
    const past = { histories, moments: new Moments(store.clock) };
    const state = { ...base, ...maps, ...past, sweeper, objects, closed: false };
    const context = new EngineContext(state, defaultScope);
    await deleteEphemeral(context);
    state.sweeper.start(() => sweepBins(context));
    await startHistories(context);
    return new Volumes(context);
  }

  /** The same engine for another account or region. Cheap. */
  in(scope: Scope): Volumes {
    return new Volumes(new EngineContext(this.#context.state, scope));
  }

  /** The store has a key: new volumes and snapshots are encrypted, whatever is asked. */
  get isEncrypting(): boolean {
    return this.#context.isEncrypting;
  }

  /**
   * A new volume: empty, or with the blocks of a snapshot. O(1) in both cases.
   * @throws FIRN_SNAPSHOT_NOT_FOUND, FIRN_VOLUME_TYPE_UNKNOWN, FIRN_VOLUME_PARAMETER,
   * FIRN_VOLUME_PARAMETER_MISSING, FIRN_VOLUME_PARAMETER_COMBINATION, FIRN_VOLUME_TOKEN_MISMATCH.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVolume.html
   */
  createVolume(options: CreateVolumeOptions): Promise<VolumeDescription> {
    return createVolume(this.#context, options);
  }

  /** @throws FIRN_VOLUME_NOT_FOUND. */
  async describeVolume(options: { readonly volumeId: string }): Promise<VolumeDescription> {
    return describeVolume(await this.#context.volume(options.volumeId));
  }

  /** All volumes of the scope, in the order of their ids. */
  describeVolumes(): Listing<VolumeDescription> {
    return this.#context.list<VolumeRecord, VolumeDescription>("volume", {
      describe: describeVolume,
      idOf: ({ volumeId }) => volumeId,
    });
  }

  /**
   * Grows a volume or changes its type, at once, on open handles too; `shrink` makes it smaller.
   * @throws FIRN_VOLUME_NOT_FOUND and what `createVolume` throws about sizes and figures.
   */
  modifyVolume(options: ModifyVolumeOptions): Promise<VolumeDescription> {
    return modifyVolume(this.#context, options);
  }

  /**
   * Leases a volume to a name; one lease at a time. Handles that are open end: who goes on with
   * the volume opens it again.
   * @throws FIRN_VOLUME_NOT_FOUND, FIRN_VOLUME_IN_USE, FIRN_VOLUME_DEVICE_TAKEN.
   */
  attachVolume(options: AttachVolumeOptions): Promise<AttachmentDescription> {
    return attachVolume(this.#context, options);
  }

  /**
   * Ends a lease, and all open handles with it.
   * @throws FIRN_VOLUME_NOT_FOUND, FIRN_VOLUME_NOT_ATTACHED.
   */
  detachVolume(options: DetachVolumeOptions): Promise<AttachmentDescription> {
    return detachVolume(this.#context, options);
  }

  /**
   * Keeps the volume's past for at least that long from now on, so that it can be read as of any
   * moment; 0 for nothing. Compaction takes nothing of what is written to it meanwhile, up to a
   * quarter longer.
   * @throws FIRN_VOLUME_NOT_FOUND, FIRN_VOLUME_PARAMETER, FIRN_VOLUME_HISTORY_LIMIT.
   */
  setRetention(options: SetRetentionOptions): Promise<VolumeDescription> {
    return setRetention(this.#context, options);
  }

  /**
   * Deletes a volume, and its past; its snapshots stay. Open handles fail from then on.
   * @throws FIRN_VOLUME_NOT_FOUND, FIRN_VOLUME_IN_USE while it is attached.
   */
  deleteVolume(options: { readonly volumeId: string }): Promise<void> {
    return deleteVolume(this.#context, options.volumeId);
  }

  /**
   * Freezes the volume as it is: O(1), behind all writes that were completed before the call.
   * Resolves when it is durable, and those writes with it. With `time`, as it was at a moment of
   * its history: O(what was written in an eighth of that).
   * @throws FIRN_VOLUME_NOT_FOUND, FIRN_VOLUME_HISTORY_GONE, FIRN_VOLUME_PARAMETER.
   */
  async createSnapshot(options: CreateSnapshotOptions): Promise<SnapshotDescription> {
    const { volumeId, description, tags, time } = options;
    if (time !== undefined) return snapshotOfMoment(this.#context, { ...options, time });
    const made = await createSnapshots(this.#context, { volumeIds: [volumeId], description, tags });
    return made[0] as SnapshotDescription;
  }

  /** As `createSnapshot`, of several volumes at one moment: all of the snapshots or none. */
  createSnapshots(options: CreateSnapshotsOptions): Promise<SnapshotDescription[]> {
    return createSnapshots(this.#context, options);
  }

  /** One's own, or one that is shared. @throws FIRN_SNAPSHOT_NOT_FOUND. */
  async describeSnapshot(options: { readonly snapshotId: string }): Promise<SnapshotDescription> {
    const { record, scope } = await readableSnapshot(this.#context, options.snapshotId);
    return describeSnapshot(withExpiry(this.#context, record), scope.accountId);
  }

  /** All snapshots of the scope, in the order of their ids. */
  describeSnapshots(): Listing<SnapshotDescription> {
    return this.#context.list<SnapshotRecord, SnapshotDescription>("snapshot", {
      describe: (record) =>
        describeSnapshot(withExpiry(this.#context, record), this.#context.scope.accountId),
      idOf: ({ snapshotId }) => snapshotId,
    });
  }

  /**
   * Deletes a snapshot, or puts it into the recycle bin; volumes made from it stay whole.
   * @throws FIRN_SNAPSHOT_NOT_FOUND, FIRN_SNAPSHOT_LOCKED.
   */
  deleteSnapshot(options: { readonly snapshotId: string }): Promise<void> {
    return deleteSnapshot(this.#context, options.snapshotId);
  }

  /**
   * Byte ranges that differ between two snapshots, or that one holds; ascending, whole blocks.
   * O(what differs). @throws FIRN_SNAPSHOT_NOT_FOUND, FIRN_SNAPSHOT_LINEAGE.
   */
  changedBlocks(options: ChangedBlocksOptions): AsyncIterableIterator<ByteRange> {
    return changedRanges(this.#context, options);
  }

  /** Volumes by type and snapshots by tier, of all accounts and regions. */
  usage(options: UsageOptions): Promise<UsageLine[]> {
    this.#context.checkOpen();
    return usageOfVolumes(this.#context, options);
  }

  /**
   * Adds tags to volumes and snapshots, all or none.
   * @throws FIRN_…_NOT_FOUND, FIRN_VOLUME_TAG_LIMIT, FIRN_VOLUME_PARAMETER.
   */
  createTags(options: {
    readonly resourceIds: readonly string[];
    readonly tags: readonly Tag[];
  }): Promise<void> {
    return changeTags(this.#context, { ...options, removed: [], added: options.tags });
  }

  /** Removes tags; without `tags` all of them. @throws FIRN_…_NOT_FOUND. */
  deleteTags(options: {
    readonly resourceIds: readonly string[];
    readonly tags?: readonly TagRemoval[] | undefined;
  }): Promise<void> {
    return changeTags(this.#context, { ...options, removed: options.tags, added: [] });
  }

  /**
   * Percent of the burst credits of a gp2, st1 or sc1 volume that are left, as CloudWatch's
   * BurstBalance; `undefined` for other types, large gp2 ones and without `throttle`.
   * @throws FIRN_VOLUME_NOT_FOUND.
   */
  async burstBalance(options: { readonly volumeId: string }): Promise<number | undefined> {
    const record = await this.#context.volume(options.volumeId);
    return this.#context.throttleOf(record)?.burstBalance;
  }

  /**
   * Whether a block of the volume has failed its checksum since the engine was opened, or since
   * `enableIo`. Good blocks are served all the same.
   */
  isImpaired(options: { readonly volumeId: string }): boolean {
    return this.#context.state.impaired.has(options.volumeId);
  }

  /** Takes the mark of damage away. @throws FIRN_VOLUME_NOT_FOUND. */
  async enableIo(options: { readonly volumeId: string }): Promise<void> {
    await this.#context.volume(options.volumeId);
    this.#context.state.impaired.delete(options.volumeId);
  }

  /** @throws FIRN_VOLUME_NOT_FOUND. */
  setAutoEnableIo(options: { readonly volumeId: string; readonly value: boolean }): Promise<void> {
    return setAutoEnableIo(this.#context, options);
  }

  /** Opens a volume for reads and writes. @throws FIRN_VOLUME_NOT_FOUND. */
  async openVolume(options: { readonly volumeId: string }): Promise<Volume> {
    let record = await this.#context.volume(options.volumeId);
    for (;;) {
      const { volumeId: id, head: version, performance } = record;
      const throttle = this.#context.throttleOf(record);
      const { sizeGiB } = performance;
      const volume = await openTracked(this.#context, {
        ...record,
        id,
        version,
        sizeGiB,
        throttle,
      });
      const now = await this.#context.volume(id);
      if (isSameLease(record, now)) return volume;
      // A lease began or ended while the handle was opened, before anybody could end it.
      await volume.close();
      record = now;
    }
  }

  /**
   * Opens a volume as it was at a moment of its history, for reads. The handle stays when the
   * moment leaves the window. O(what was written in an eighth of that).
   * @throws FIRN_VOLUME_NOT_FOUND, FIRN_VOLUME_HISTORY_GONE, FIRN_VOLUME_PARAMETER,
   * FIRN_VOLUME_HISTORY_LIMIT when 64 others are open.
   */
  openVolumeAt(options: MomentOptions): Promise<Volume> {
    return this.#context.state.moments.open(this.#context, options);
  }

  /** Opens a snapshot for reads. @throws FIRN_SNAPSHOT_NOT_FOUND, FIRN_SNAPSHOT_STATE. */
  async openSnapshot(options: { readonly snapshotId: string }): Promise<Volume> {
    const record = await this.#context.snapshot(options.snapshotId);
    checkCompleted(record);
    checkNotArchived(record, this.#context.store.clock.now());
    return openTracked(this.#context, { ...record, id: record.snapshotId });
  }

  /**
   * This engine bound to the account and region of a volume (`vol-…`) or snapshot (`snap-…`);
   * `undefined` when there is none. For servers that know the id alone.
   */
  async ownerOf(id: string): Promise<Volumes | undefined> {
    const scope = await this.#context.ownerOf(id);
    return scope && this.in(scope);
  }

  /** Ids of volumes and snapshots of all accounts and regions, volumes first; up to 10,000 each. */
  async allIds(): Promise<string[]> {
    const volumes = await this.#context.idsOf("vol-", ALL_IDS_MAX);
    return [...volumes, ...(await this.#context.idsOf("snap-", ALL_IDS_MAX))];
  }

  /**
   * 32 random bytes of the store, drawn at the first use and the same for ever: for servers that
   * hand out tokens and want to know them again.
   */
  secret(): Promise<Uint8Array> {
    return readSecret(this.#context);
  }

  /** Ends all handles and stores the maps, for every scope. Idempotent. */
  async close(): Promise<void> {
    const { state } = this.#context;
    if (state.closed) return;
    state.closed = true;
    await state.sweeper.stop();
    await state.histories.stop();
    const handles = [...state.handles.values()].flatMap((open) => [...open]);
    for (const handle of handles) await handle.close();
    await state.moments.close();
    await state.lineages.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
