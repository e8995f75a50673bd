/** Ends the upload of a snapshot. */
import { createHash } from "node:crypto";
import type { KeySpaceId } from "@firn/core";
import type { SnapshotRecord } from "./catalog.ts";
import { describeSnapshot, type SnapshotDescription } from "./descriptions.ts";
import { snapshotNotFound, type EngineContext } from "./engine-context.ts";
import { volumeError } from "./errors.ts";
import { SMALL_ROOM, type Lineage } from "./lineage.ts";
import { memberKey, memberValue } from "./members.ts";
import { checkPending, pendingSnapshot, uploadOf } from "./upload-state.ts";

export interface CompleteSnapshotOptions {
  readonly snapshotId: string;
  /** How many different blocks were put. */
  readonly changedBlocksCount: number;
  /** SHA-256 over the blocks' SHA-256s, in the order of their indexes; 32 bytes. */
  readonly sha256?: Uint8Array | undefined;
}

/** Freezes a pending snapshot when it holds what the client says. Resolves when that is durable. */
export async function completeSnapshot(
  context: EngineContext,
  options: CompleteSnapshotOptions,
): Promise<SnapshotDescription> {
  const { snapshotId, changedBlocksCount } = options;
  const known = await context.snapshot(snapshotId);
  // The answer to an earlier call may have been lost.
  if (known.uploaded?.blocks === changedBlocksCount)
    return describeSnapshot(known, context.scope.accountId);
  const pending = await pendingSnapshot(context, snapshotId);
  const description = await uploadOf(context, pending).complete(async () => {
    const record = await pendingSnapshot(context, snapshotId);
    const { blocks } = checkPending(record, snapshotId);
    await checkBlocks(context, blocks, options);
    const lease = await context.lineages.acquire(record);
    try {
      return await freeze(context, { record, lineage: lease.lineage, count: changedBlocksCount });
    } finally {
      lease.release();
    }
  });
  context.state.uploads.delete(snapshotId);
  return description;
}

async function freeze(
  context: EngineContext,
  source: { record: SnapshotRecord; lineage: Lineage; count: number },
): Promise<SnapshotDescription> {
  const { lineage, count } = source;
  const { snapshotId, space, version: headNumber } = source.record;
  const room = await lineage.room(SMALL_ROOM);
  const head = lineage.versions.get(headNumber);
  if (head === undefined) {
    room.release();
    throw snapshotNotFound(snapshotId);
  }
  const frozen = lineage.snapshot(room, head).number;
  let complete: SnapshotDescription | undefined;
  try {
    complete = await context.transact([["snapshot", snapshotId]], (catalog, tx) => {
      const { upload, ...kept } = catalog.snapshot(snapshotId) ?? source.record;
      const { blocks, parentSnapshotId, clientToken } = checkPending(
        { ...kept, upload },
        snapshotId,
      );
      const uploaded = { blocks: count, parentSnapshotId, clientToken, completionTime: tx.now };
      const record = { ...kept, version: frozen, uploaded };
      catalog.put("snapshot", snapshotId, record);
      catalog.delete("pending", snapshotId);
      tx.dropKeySpace(blocks);
      tx.put(space, memberKey(frozen), memberValue(frozen));
      tx.delete(space, memberKey(headNumber));
      return describeSnapshot(record, context.scope.accountId);
    });
    return complete;
  } finally {
    lineage.remove(complete === undefined ? frozen : headNumber);
  }
}

async function checkBlocks(
  context: EngineContext,
  blocks: KeySpaceId,
  options: CompleteSnapshotOptions,
): Promise<void> {
  const { snapshotId, changedBlocksCount, sha256 } = options;
  const aggregate = createHash("sha256");
  let count = 0;
  const view = context.store.view();
  try {
    for await (const { value } of view.range(blocks)) {
      aggregate.update(value);
      count++;
    }
  } finally {
    view.close();
  }
  if (count !== changedBlocksCount) {
    const text = `${count} blocks were put, not ${changedBlocksCount}.`;
    throw volumeError("FIRN_SNAPSHOT_BLOCK_COUNT", text, { detail: { snapshotId, count } });
  }
  if (sha256 === undefined || aggregate.digest().equals(sha256)) return;
  const text = "The checksum is not that of the snapshot's blocks.";
  throw volumeError("FIRN_SNAPSHOT_CHECKSUM", text, { detail: { snapshotId } });
}
