/** Creating, changing, leasing and deleting volumes. */
import type { Transaction } from "@firn/core";
import {
  performanceRow,
  type CatalogTransaction,
  type SnapshotRecord,
  type Tag,
  type TokenRecord,
  type VolumeRecord,
} from "./catalog.ts";
import { cloneHead } from "./clone-head.ts";
import { describeVolume, type VolumeDescription } from "./descriptions.ts";
import {
  checkCompleted,
  existingVolume,
  snapshotNotFound,
  type EngineContext,
} from "./engine-context.ts";
import { volumeError } from "./errors.ts";
import { memberKey, memberValue } from "./members.ts";
import { readableSnapshot, type ReadableSnapshot } from "./snapshot-sharing.ts";
import { checkNotArchived } from "./snapshot-tier.ts";
import { checkTags } from "./tags.ts";
import { resolvePerformance, type VolumePerformance } from "./volume-types.ts";

export interface CreateVolumeOptions {
  /** GiB, 1 to 65,536 as the type allows. Default: the snapshot's. */
  readonly sizeGiB?: number | undefined;
  /** Snapshot to start from: instant, sharing its blocks. */
  readonly snapshotId?: string | undefined;
  /** Default gp2, as AWS. */
  readonly volumeType?: string | undefined;
  /** I/O operations a second, where the type lets one choose. */
  readonly iops?: number | undefined;
  /** MiB a second; gp3 alone. */
  readonly throughput?: number | undefined;
  /** Default: zone `a` of the region. */
  readonly availabilityZone?: string | undefined;
  readonly tags?: readonly Tag[] | undefined;
  /**
   * As an instance store: the volume is deleted when its lease ends, and when the engine is opened
   * again. Default false.
   */
  readonly ephemeral?: boolean | undefined;
  /** The same token with the same options gives the same volume again. */
  readonly clientToken?: string | undefined;
}

/**
 * A volume, empty or with the blocks of a snapshot; instant in both cases.
 * @throws FIRN_SNAPSHOT_NOT_FOUND, FIRN_VOLUME_TOKEN_MISMATCH, what `resolvePerformance` throws.
 */
export async function createVolume(
  context: EngineContext,
  options: CreateVolumeOptions,
): Promise<VolumeDescription> {
  checkTags(options.tags ?? []);
  const request = JSON.stringify({ ...options, clientToken: undefined });
  const { snapshotId, clientToken } = options;
  if (clientToken !== undefined) {
    const earlier = await context.find<TokenRecord>("token", clientToken);
    if (earlier !== undefined) {
      checkSameRequest(earlier, request);
      return describeVolume(await context.volume(earlier.volumeId));
    }
  }
  const source = snapshotId === undefined ? undefined : await readableSnapshot(context, snapshotId);
  const sizeGiB = sizeFor(options, source?.record);
  const performance = resolvePerformance({ ...options, sizeGiB });
  const draft = { options, performance, request, volumeId: context.newId("vol") };
  if (source !== undefined) return createClone(context, draft, source);
  const salt = new DataView(context.store.random.bytes(4).slice().buffer).getUint32(0);
  return context.transact(tokenReads(options), (catalog, tx) => {
    const encrypted = context.isEncrypting;
    const place = { space: tx.createKeySpace(), salt, encrypted, head: FIRST_HEAD };
    return insertVolume(context, { draft, place }, { catalog, tx });
  });
}

/** A volume before it has a place in a lineage. */
interface Draft {
  readonly options: CreateVolumeOptions;
  readonly performance: VolumePerformance;
  readonly volumeId: string;
  /** The options as text, to compare with a later call of the same token. */
  readonly request: string;
}

/** The number of the head of a lineage's first volume. */
const FIRST_HEAD = 1;

async function createClone(
  context: EngineContext,
  draft: Draft,
  { record: source, scope }: ReadableSnapshot,
): Promise<VolumeDescription> {
  const { space, salt, encrypted, snapshotId } = source;
  checkCompleted(source);
  checkNotArchived(source, context.store.clock.now());
  return cloneHead(context, source, async (head) => {
    const reads = [["snapshot", snapshotId] as const, ...tokenReads(draft.options)];
    const value = await context.transact(reads, (catalog, tx) => {
      const there = catalog.in(scope).snapshot(snapshotId);
      if (there === undefined) throw snapshotNotFound(snapshotId);
      const place = { space, salt, encrypted, head };
      return insertVolume(context, { draft, place }, { catalog, tx });
    });
    // A call with the same token may have been quicker.
    return { value, named: value.volumeId === draft.volumeId };
  });
}

function insertVolume(
  context: EngineContext,
  volume: { draft: Draft; place: Pick<VolumeRecord, "space" | "salt" | "encrypted" | "head"> },
  write: { catalog: CatalogTransaction; tx: Transaction },
): VolumeDescription {
  const { draft, place } = volume;
  const { options, volumeId, request } = draft;
  const { catalog, tx } = write;
  const { clientToken } = options;
  const earlier = clientToken === undefined ? undefined : catalog.token(clientToken);
  if (earlier !== undefined) {
    checkSameRequest(earlier, request);
    return describeVolume(existingVolume(catalog.volume(earlier.volumeId), earlier.volumeId));
  }
  const record: VolumeRecord = {
    ...place,
    volumeId,
    performance: performanceRow(draft.performance),
    availabilityZone: options.availabilityZone ?? `${context.scope.region}a`,
    createTime: tx.now,
    snapshotId: options.snapshotId ?? "",
    clientToken: clientToken ?? "",
    tags: options.tags ?? [],
    attachment: null,
    generation: 0,
    modification: null,
    ...(options.ephemeral === true && { ephemeral: true }),
  };
  tx.put(place.space, memberKey(place.head), memberValue(place.head));
  catalog.put("volume", volumeId, record);
  if (options.ephemeral === true) catalog.put("ephemeral", volumeId, true);
  if (clientToken !== undefined) catalog.put("token", clientToken, { volumeId, request });
  return describeVolume(record);
}

export async function setAutoEnableIo(
  context: EngineContext,
  { volumeId, value }: { readonly volumeId: string; readonly value: boolean },
): Promise<void> {
  await context.transact([["volume", volumeId]], (catalog) => {
    const record = requireVolume(catalog, volumeId);
    catalog.put("volume", volumeId, { ...record, autoEnableIo: value });
  });
}

function requireVolume(catalog: CatalogTransaction, volumeId: string): VolumeRecord {
  return existingVolume(catalog.volume(volumeId), volumeId);
}

function tokenReads(options: CreateVolumeOptions): (readonly ["token", string])[] {
  return options.clientToken === undefined ? [] : [["token", options.clientToken]];
}

function checkSameRequest(earlier: TokenRecord, request: string): void {
  if (earlier.request === request) return;
  const text = "The client token has been used with other parameters.";
  throw volumeError("FIRN_VOLUME_TOKEN_MISMATCH", text, { detail: { volumeId: earlier.volumeId } });
}

function sizeFor(options: CreateVolumeOptions, source: SnapshotRecord | undefined): number {
  const { sizeGiB } = options;
  if (sizeGiB === undefined) {
    if (source !== undefined) return source.sizeGiB;
    const text = "The request must contain the parameter size or snapshotId";
    throw volumeError("FIRN_VOLUME_PARAMETER_MISSING", text, { detail: { parameter: "size" } });
  }
  if (source !== undefined && sizeGiB < source.sizeGiB) {
    const text =
      `Volume of ${sizeGiB}GiB is smaller than snapshot '${source.snapshotId}', ` +
      `expect size >= ${source.sizeGiB}GiB`;
    throw volumeError("FIRN_VOLUME_PARAMETER", text, { detail: { parameter: "size" } });
  }
  return sizeGiB;
}
