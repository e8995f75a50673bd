/** Writes one block of a pending snapshot. */
import { createHash } from "node:crypto";
import { encodeKey } from "@firn/core";
import { isZeroBlock } from "./block-unit.ts";
import type { SnapshotRecord } from "./catalog.ts";
import { BLOCK_BYTES, SNAPSHOT_BLOCK_BYTES } from "./constants.ts";
import type { EngineContext } from "./engine-context.ts";
import { volumeError } from "./errors.ts";
import { openVersion } from "./open-version.ts";
import { blocksOf } from "./snapshot-blocks.ts";
import { checkPending, pendingSnapshot, uploadOf } from "./upload-state.ts";

export interface PutSnapshotBlockOptions {
  readonly snapshotId: string;
  /** Counts 512 KiB from 0 on. */
  readonly blockIndex: number;
  /** 512 KiB. */
  readonly bytes: Uint8Array;
  /** SHA-256 that the bytes must have; 32 bytes. */
  readonly sha256?: Uint8Array | undefined;
}

/** Resolves when the block is durable. Returns its SHA-256. */
export async function putSnapshotBlock(
  context: EngineContext,
  options: PutSnapshotBlockOptions,
): Promise<Uint8Array> {
  const { snapshotId, blockIndex, bytes } = options;
  const record = await pendingSnapshot(context, snapshotId);
  checkBlock(record, options);
  const sha256 = createHash("sha256").update(bytes).digest();
  if (options.sha256 !== undefined && !sha256.equals(options.sha256)) {
    const text = "The checksum is not that of the block's data.";
    throw volumeError("FIRN_SNAPSHOT_CHECKSUM", text, { detail: { snapshotId, blockIndex } });
  }
  const upload = uploadOf(context, record);
  return upload.put(blockIndex, async () => {
    await writeBlock(context, record, options);
    await context.transact([["snapshot", snapshotId]], (catalog, tx) => {
      const { blocks } = checkPending(catalog.snapshot(snapshotId), snapshotId);
      tx.put(blocks, encodeKey(blockIndex), sha256);
    });
    upload.lastPutMs = context.store.clock.now();
    return sha256;
  });
}

async function writeBlock(
  context: EngineContext,
  record: SnapshotRecord,
  { blockIndex, bytes }: PutSnapshotBlockOptions,
): Promise<void> {
  const head = await openVersion(context, { ...record, id: record.snapshotId });
  try {
    const offset = blockIndex * SNAPSHOT_BLOCK_BYTES;
    // A block of zeroes that was put is there, and listed; one that was never put is not.
    if (isZero(bytes)) await head.writeZeroes(offset, bytes.length, { noHole: true });
    else await head.write(offset, bytes);
  } finally {
    await head.close();
  }
}

function checkBlock(record: SnapshotRecord, options: PutSnapshotBlockOptions): void {
  const { snapshotId, blockIndex, bytes } = options;
  const count = blocksOf(record);
  const inside = Number.isSafeInteger(blockIndex) && blockIndex >= 0 && blockIndex < count;
  if (inside && bytes.length === SNAPSHOT_BLOCK_BYTES) return;
  const text = inside
    ? `A block has ${SNAPSHOT_BLOCK_BYTES} bytes, not ${bytes.length}.`
    : `The block ${blockIndex} is not among the ${count} of the snapshot.`;
  throw volumeError("FIRN_SNAPSHOT_BLOCK", text, { detail: { snapshotId, blockIndex } });
}

function isZero(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES) if (!isZeroBlock(bytes, at)) return false;
  return true;
}
