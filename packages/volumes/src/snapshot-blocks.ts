/** Lists and reads the blocks of snapshots as EBS's direct APIs count them: 512 KiB each. */
import { walkChunks } from "./chunk-walk.ts";
import { GIB, SNAPSHOT_BLOCK_BYTES } from "./constants.ts";
import type { SnapshotRecord } from "./catalog.ts";
import { checkCompleted, snapshotNotFound, type EngineContext } from "./engine-context.ts";
import { volumeError } from "./errors.ts";
import { openVersion } from "./open-version.ts";
import { readableSnapshot } from "./snapshot-sharing.ts";
import { checkNotArchived } from "./snapshot-tier.ts";

export interface ListSnapshotBlocksOptions {
  readonly snapshotId: string;
  /** Compare with this one of the same lineage: blocks that read differently. */
  readonly firstSnapshotId?: string | undefined;
  /** Default 0. */
  readonly startingBlockIndex?: number | undefined;
}

export interface SnapshotBlock {
  readonly blockIndex: number;
  /** Whether the first snapshot has anything there; false without one. */
  readonly inFirst: boolean;
  /** Whether the snapshot has: false for a block that was trimmed away since the first. */
  readonly inSnapshot: boolean;
}

/** Ascending. O(what differs), or O(what is there) without a first snapshot. */
export async function* listSnapshotBlocks(
  context: EngineContext,
  options: ListSnapshotBlocksOptions,
): AsyncIterableIterator<SnapshotBlock> {
  const { firstSnapshotId, startingBlockIndex: from = 0 } = options;
  const second = await completedSnapshot(context, options.snapshotId);
  const first =
    firstSnapshotId === undefined ? undefined : await completedSnapshot(context, firstSnapshotId);
  if (first !== undefined && first.space !== second.space) throw unrelated(options);
  if (from >= blocksOf(second)) return;
  const lease = await context.lineages.acquire(second);
  try {
    const { table, versions } = lease.lineage;
    const after = versions.get(second.version);
    const before = first === undefined ? undefined : versions.get(first.version);
    if (after === undefined) throw snapshotNotFound(second.snapshotId);
    if (first !== undefined && before === undefined) throw snapshotNotFound(first.snapshotId);
    const walk = { before: before?.root, after: after.root, from };
    for await (const chunk of walkChunks(table, walk)) {
      yield { blockIndex: chunk.index, inFirst: chunk.before, inSnapshot: chunk.after };
    }
  } finally {
    lease.release();
  }
}

/**
 * The 512 KiB of a block, verified. @throws FIRN_SNAPSHOT_NOT_FOUND, FIRN_SNAPSHOT_STATE,
 * FIRN_SNAPSHOT_BLOCK, FIRN_BLOCK_CORRUPT.
 */
export async function readSnapshotBlock(
  context: EngineContext,
  options: { readonly snapshotId: string; readonly blockIndex: number },
): Promise<Uint8Array> {
  const { snapshotId, blockIndex } = options;
  const record = await completedSnapshot(context, snapshotId);
  if (!Number.isSafeInteger(blockIndex) || blockIndex < 0 || blockIndex >= blocksOf(record)) {
    const text = `The block ${blockIndex} is not among the ${blocksOf(record)} of the snapshot.`;
    throw volumeError("FIRN_SNAPSHOT_BLOCK", text, { detail: { snapshotId, blockIndex } });
  }
  const snapshot = await openVersion(context, { ...record, id: snapshotId });
  try {
    return await snapshot.read(blockIndex * SNAPSHOT_BLOCK_BYTES, SNAPSHOT_BLOCK_BYTES);
  } finally {
    await snapshot.close();
  }
}

/** How many blocks a snapshot could have. */
export function blocksOf({ sizeGiB }: SnapshotRecord): number {
  return (sizeGiB * GIB) / SNAPSHOT_BLOCK_BYTES;
}

async function completedSnapshot(
  context: EngineContext,
  snapshotId: string,
): Promise<SnapshotRecord> {
  const { record } = await readableSnapshot(context, snapshotId);
  checkCompleted(record);
  checkNotArchived(record, context.store.clock.now());
  return record;
}

function unrelated(options: ListSnapshotBlocksOptions): Error {
  const text = "The snapshots have no volume in common that both come from.";
  return volumeError("FIRN_SNAPSHOT_LINEAGE", text, { detail: { ...options } });
}
