/** Makes a snapshot of what an export left in a bucket. */
import { createHash } from "node:crypto";
import { encodeKey } from "@firn/core";
import type { Tag } from "./catalog.ts";
import { completeSnapshot } from "./complete-snapshot.ts";
import { MANIFEST_BYTES_MAX, PIECES_IN_FLIGHT, UPLOAD_TIMEOUT_MAX_MS } from "./constants.ts";
import type { SnapshotDescription } from "./descriptions.ts";
import type { EngineContext } from "./engine-context.ts";
import { volumeError } from "./errors.ts";
import { inParallel } from "./in-parallel.ts";
import { putSnapshotBlock } from "./put-snapshot-block.ts";
import {
  objectsOf,
  pieceKey,
  type ExportManifest,
  type TransferProgress,
} from "./snapshot-export.ts";
import { decodePiece, PIECE_BYTES_MAX } from "./snapshot-piece.ts";
import { startSnapshot } from "./start-snapshot.ts";
import type { ObjectPlace } from "./volume-objects.ts";

export interface ImportSnapshotOptions {
  readonly bucket: string;
  /** As `exportSnapshot` gave it. */
  readonly manifestKey: string;
  /** Default: the exported snapshot's. */
  readonly description?: string | undefined;
  readonly tags?: readonly Tag[] | undefined;
  readonly onProgress?: ((progress: TransferProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Each block is verified. Resumable for three days: the same call goes on with the snapshot that an
 * interrupted one began, and does not write again what that had written; once it is complete, the
 * same call gives it again.
 * @throws FIRN_SNAPSHOT_EXPORT, FIRN_SNAPSHOT_CHECKSUM, what the object store throws, and the
 * signal's reason.
 */
export async function importSnapshot(
  context: EngineContext,
  options: ImportSnapshotOptions,
): Promise<SnapshotDescription> {
  const { bucket, manifestKey, onProgress, signal, tags } = options;
  const { accountId } = context.scope;
  const place = { accountId, bucket, key: manifestKey };
  const text = await readObject(context, place, MANIFEST_BYTES_MAX);
  const manifest = parseManifest(text);
  const { sizeGiB, blocks: totalBlocks } = manifest;
  const started = await startSnapshot(context, {
    sizeGiB,
    tags,
    description: options.description ?? manifest.description,
    clientToken: tokenOf(place, text),
    timeoutMs: UPLOAD_TIMEOUT_MAX_MS,
  });
  const { snapshotId } = started;
  if (started.state === "completed") return started;
  const base = manifestKey.slice(0, manifestKey.lastIndexOf("/") + 1);
  let doneBlocks = 0;
  await inParallel(windowsOf(manifest), PIECES_IN_FLIGHT, async (window) => {
    signal?.throwIfAborted();
    const key = pieceKey(base, window);
    const piece = await readObject(context, { accountId, bucket, key }, PIECE_BYTES_MAX);
    const blocks = decodePiece(piece);
    for (const { blockIndex, bytes, sha256 } of blocks) {
      const written = await isWritten(context, { snapshotId, blockIndex, sha256 });
      if (!written) await putSnapshotBlock(context, { snapshotId, blockIndex, bytes, sha256 });
    }
    doneBlocks += blocks.length;
    onProgress?.({ doneBlocks, totalBlocks });
  });
  return completeSnapshot(context, { snapshotId, changedBlocksCount: totalBlocks });
}

/** Whether an earlier, interrupted call has put this very block. */
export async function isWritten(
  context: EngineContext,
  block: { snapshotId: string; blockIndex: number; sha256: Uint8Array },
): Promise<boolean> {
  const { upload } = await context.snapshot(block.snapshotId);
  if (upload === undefined) return false;
  const known = await context.store.get(upload.blocks, encodeKey(block.blockIndex));
  return known !== undefined && Buffer.compare(known, block.sha256) === 0;
}

/** Another manifest at the same place is another snapshot. */
function tokenOf({ bucket, key }: ObjectPlace, manifest: Buffer): string {
  const hash = createHash("sha256")
    .update(JSON.stringify([bucket, key]))
    .update(manifest);
  return `import-${hash.digest("hex")}`;
}

async function readObject(
  context: EngineContext,
  place: ObjectPlace,
  bytesMax: number,
): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of objectsOf(context).getObject(place)) {
    bytes += part.length;
    if (bytes > bytesMax) throw damaged(`${place.key} is longer than an export's object`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function parseManifest(text: Buffer): ExportManifest {
  let manifest: Partial<ExportManifest>;
  try {
    manifest = JSON.parse(text.toString("utf8")) as Partial<ExportManifest>;
  } catch {
    throw damaged("the manifest is no JSON");
  }
  const { format, sizeGiB, blocks, windows, description = "", snapshotId = "" } = manifest;
  const isKnown = format === "firn-snapshot-1" && Array.isArray(windows);
  if (!isKnown || !Number.isSafeInteger(sizeGiB) || !Number.isSafeInteger(blocks)) {
    throw damaged("the manifest is not that of a snapshot");
  }
  const counts = { sizeGiB: sizeGiB as number, blocks: blocks as number };
  return { format, ...counts, windows, description: String(description), snapshotId };
}

async function* windowsOf({ windows, blocks }: ExportManifest): AsyncGenerator<number> {
  let left = blocks;
  for (const [first, count] of windows) {
    if (!Number.isSafeInteger(first) || !Number.isSafeInteger(count) || first < 0) {
      throw damaged("the manifest's windows are no numbers");
    }
    // A window has a block at least: whatever the manifest says, this ends.
    for (let window = first; window < first + count; window++) {
      if (left-- <= 0) throw damaged("the manifest has more windows than blocks");
      yield window;
    }
  }
}

function damaged(what: string): Error {
  return volumeError("FIRN_SNAPSHOT_EXPORT", `The export cannot be read: ${what}.`);
}
