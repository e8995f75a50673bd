/** Whether a snapshot takes blocks, and which state of its upload the engine keeps in memory. */
import type { SnapshotRecord, UploadRecord } from "./catalog.ts";
import { snapshotNotFound, type EngineContext } from "./engine-context.ts";
import { volumeError } from "./errors.ts";
import { Upload } from "./upload.ts";

/**
 * The record of a snapshot that takes blocks.
 * @throws FIRN_SNAPSHOT_NOT_FOUND, FIRN_SNAPSHOT_STATE.
 */
export async function pendingSnapshot(
  context: EngineContext,
  snapshotId: string,
): Promise<SnapshotRecord> {
  const record = await context.snapshot(snapshotId);
  checkPending(record, snapshotId);
  if (!isExpired(context, record)) return record;
  // Written down, so that it stays so when the engine opens again and knows no last block.
  await context.transact([["snapshot", snapshotId]], (catalog) => {
    const current = catalog.snapshot(snapshotId);
    if (current?.upload === undefined) return;
    catalog.put("snapshot", snapshotId, failed(current));
    catalog.delete("pending", snapshotId);
  });
  context.state.uploads.delete(snapshotId);
  throw wrongState(snapshotId, "error");
}

/** @throws FIRN_SNAPSHOT_NOT_FOUND, FIRN_SNAPSHOT_STATE. */
export function checkPending(record: SnapshotRecord | undefined, snapshotId: string): UploadRecord {
  if (record === undefined) throw snapshotNotFound(snapshotId);
  if (record.upload !== undefined && !record.upload.failed) return record.upload;
  throw wrongState(snapshotId, record.upload === undefined ? "completed" : "error");
}

/** The record as it is to be shown now: an upload that nobody goes on with has failed. */
export function withExpiry(context: EngineContext, record: SnapshotRecord): SnapshotRecord {
  return isExpired(context, record) ? failed(record) : record;
}

export function uploadOf(context: EngineContext, record: SnapshotRecord): Upload {
  const { uploads, openedMs } = context.state;
  let upload = uploads.get(record.snapshotId);
  if (upload === undefined) {
    // After an opening nobody knows when the last block came: its time begins anew.
    upload = new Upload(Math.max(openedMs, record.startTime));
    uploads.set(record.snapshotId, upload);
  }
  return upload;
}

function isExpired(context: EngineContext, record: SnapshotRecord): boolean {
  if (record.upload === undefined || record.upload.failed) return false;
  const idleMs = context.store.clock.now() - uploadOf(context, record).lastPutMs;
  return idleMs > record.upload.timeoutMs;
}

function failed(record: SnapshotRecord): SnapshotRecord {
  const { upload } = record;
  return upload === undefined ? record : { ...record, upload: { ...upload, failed: true } };
}

function wrongState(snapshotId: string, state: string): Error {
  return volumeError("FIRN_SNAPSHOT_STATE", `The snapshot '${snapshotId}' is in state ${state}.`, {
    detail: { snapshotId, state },
  });
}
