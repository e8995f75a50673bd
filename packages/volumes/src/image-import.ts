/** Makes a snapshot of an object that holds a disk: its raw bytes, or a qcow2 file. */
import { createHash } from "node:crypto";
import type { Tag } from "./catalog.ts";
import { completeSnapshot } from "./complete-snapshot.ts";
import {
  GIB,
  PIECES_IN_FLIGHT,
  SNAPSHOT_BLOCK_BYTES,
  SNAPSHOT_GIB_MAX,
  UPLOAD_TIMEOUT_MAX_MS,
} from "./constants.ts";
import type { SnapshotDescription } from "./descriptions.ts";
import type { EngineContext } from "./engine-context.ts";
import { volumeError } from "./errors.ts";
import type { ImageProgress } from "./image-export.ts";
import { Qcow2File, type DiskBlock } from "./image/qcow2-file.ts";
import { inParallel } from "./in-parallel.ts";
import { putSnapshotBlock } from "./put-snapshot-block.ts";
import { objectsOf } from "./snapshot-export.ts";
import { isWritten } from "./snapshot-import.ts";
import { startSnapshot } from "./start-snapshot.ts";
import type { ObjectHead, ObjectPlace, VolumeObjects } from "./volume-objects.ts";

export interface ImportImageOptions {
  readonly bucket: string;
  readonly key: string;
  /** Default: none. */
  readonly description?: string | undefined;
  readonly tags?: readonly Tag[] | undefined;
  readonly onProgress?: ((progress: ImageProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface Disk {
  readonly diskBytes: number;
  /** In the disk's order; zeroes may be left out. */
  blocks(): AsyncIterable<DiskBlock>;
}

/** What tells a qcow2 file from a raw disk. */
const MAGIC_BYTES = 4;

const zeroes: Uint8Array = new Uint8Array(SNAPSHOT_BLOCK_BYTES);

/**
 * The snapshot has the disk's size, rounded up to whole GiB; blocks of zeroes take no room.
 * Resumable for three days: the same call goes on with the snapshot that an interrupted one began,
 * reads the object again and does not write what that had written; once it is complete, the same
 * call gives it again.
 * Of qcow2 it takes versions 2 and 3, compressed by deflate or not, without a backing file.
 * @throws FIRN_SNAPSHOT_EXPORT when the object is empty, larger than a volume, or a qcow2 file that
 * is damaged or of another kind; what the object store throws, and the signal's reason.
 */
export async function importImage(
  context: EngineContext,
  options: ImportImageOptions,
): Promise<SnapshotDescription> {
  const { bucket, key, onProgress, signal, description, tags } = options;
  const objects = objectsOf(context);
  const place = { accountId: context.scope.accountId, bucket, key };
  const head = await objects.head(place);
  if (head === undefined) throw unusable(`There is no object ${key} in ${bucket}.`);
  const { diskBytes, blocks } = await openDisk(objects, place, head);
  const sizeGiB = Math.ceil(diskBytes / GIB);
  if (sizeGiB < 1 || sizeGiB > SNAPSHOT_GIB_MAX) {
    throw unusable(`${diskBytes} bytes make no volume: it has 1 byte to 64 TiB.`);
  }
  const clientToken = tokenOf(place, head);
  const timeoutMs = UPLOAD_TIMEOUT_MAX_MS;
  const begun = { sizeGiB, tags, description, clientToken, timeoutMs };
  const started = await startSnapshot(context, begun);
  const { snapshotId } = started;
  if (started.state === "completed") return started;
  let changedBlocksCount = 0;
  await inParallel(blocks(), PIECES_IN_FLIGHT, async (block) => {
    signal?.throwIfAborted();
    if (Buffer.compare(block.bytes, zeroes) !== 0) {
      changedBlocksCount++;
      await putBlock(context, snapshotId, block);
    }
    const doneBytes = Math.min(diskBytes, (block.blockIndex + 1) * SNAPSHOT_BLOCK_BYTES);
    onProgress?.({ doneBytes, totalBytes: diskBytes });
  });
  return completeSnapshot(context, { snapshotId, changedBlocksCount });
}

async function openDisk(
  objects: VolumeObjects,
  place: ObjectPlace,
  { bytes: objectBytes }: ObjectHead,
): Promise<Disk> {
  const read = async (start: number, length: number): Promise<Uint8Array> => {
    const end = Math.min(objectBytes, start + length);
    if (start >= end) return new Uint8Array(0);
    const parts: Uint8Array[] = [];
    for await (const part of objects.getObject(place, { start, end })) parts.push(part);
    return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
  };
  if (!Qcow2File.isOne(await read(0, MAGIC_BYTES))) {
    return { diskBytes: objectBytes, blocks: () => blocksOf(objects.getObject(place)) };
  }
  const file = await Qcow2File.open(read);
  return { diskBytes: file.diskBytes, blocks: () => file.blocks() };
}

async function putBlock(
  context: EngineContext,
  snapshotId: string,
  { blockIndex, bytes }: DiskBlock,
): Promise<void> {
  const sha256 = createHash("sha256").update(bytes).digest();
  if (await isWritten(context, { snapshotId, blockIndex, sha256 })) return;
  await putSnapshotBlock(context, { snapshotId, blockIndex, bytes, sha256 });
}

/** The object in blocks of 512 KiB, the last one filled up with zeroes. */
async function* blocksOf(parts: AsyncIterable<Uint8Array>): AsyncGenerator<DiskBlock> {
  let blockIndex = 0;
  let bytes = new Uint8Array(SNAPSHOT_BLOCK_BYTES);
  let filled = 0;
  for await (const part of parts) {
    for (let at = 0; at < part.length;) {
      const piece = part.subarray(at, at + SNAPSHOT_BLOCK_BYTES - filled);
      bytes.set(piece, filled);
      at += piece.length;
      filled += piece.length;
      if (filled < SNAPSHOT_BLOCK_BYTES) continue;
      yield { blockIndex: blockIndex++, bytes };
      bytes = new Uint8Array(SNAPSHOT_BLOCK_BYTES);
      filled = 0;
    }
  }
  if (filled > 0) yield { blockIndex, bytes };
}

/** Another object at the same place is another snapshot. */
function tokenOf({ bucket, key }: ObjectPlace, { bytes, tag }: ObjectHead): string {
  const hash = createHash("sha256").update(JSON.stringify([bucket, key, bytes, tag]));
  return `image-${hash.digest("hex")}`;
}

function unusable(text: string): Error {
  return volumeError("FIRN_SNAPSHOT_EXPORT", text);
}
