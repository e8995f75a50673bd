/** Writes a snapshot to a bucket as one object that other tools read. */
import { IMAGE_PART_BYTES, IMAGE_PARTS_IN_FLIGHT, IMAGE_PARTS_MAX } from "./constants.ts";
import { checkCompleted, type EngineContext } from "./engine-context.ts";
import { imageSource, type DiskFormat, type ImageSource } from "./image/image-source.ts";
import { inParallel } from "./in-parallel.ts";
import { openVersion } from "./open-version.ts";
import { objectsOf } from "./snapshot-export.ts";
import { checkNotArchived } from "./snapshot-tier.ts";
import type { ObjectPlace, VolumeObjects } from "./volume-objects.ts";

export interface ImageProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface ExportImageOptions {
  readonly snapshotId: string;
  readonly bucket: string;
  /** In front of the key; the snapshot's id and `.raw` or `.qcow2` follow. Default none. */
  readonly prefix?: string | undefined;
  /** `raw`: holes are zeroes; `qcow2`: holes take no room. Default `raw`. */
  readonly format?: DiskFormat | undefined;
  readonly onProgress?: ((progress: ImageProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ExportedImage {
  readonly key: string;
  /** Of the object; of a raw one the volume's size. */
  readonly bytes: number;
  /** Parts that an earlier, interrupted export had written already. */
  readonly skippedParts: number;
}

/**
 * Resumable: a snapshot never changes, so parts of an unfinished upload of the same key are not
 * written again, and a finished object is left alone.
 * @throws FIRN_SNAPSHOT_NOT_FOUND, FIRN_SNAPSHOT_STATE, FIRN_SNAPSHOT_TIER, FIRN_SNAPSHOT_EXPORT
 * without an object store, what that throws, and the signal's reason.
 */
export async function exportImage(
  context: EngineContext,
  options: ExportImageOptions,
): Promise<ExportedImage> {
  const { snapshotId, bucket, prefix = "", format = "raw" } = options;
  const objects = objectsOf(context);
  const record = await context.snapshot(snapshotId);
  checkCompleted(record);
  checkNotArchived(record, context.store.clock.now());
  const key = `${prefix}${snapshotId}.${format}`;
  const place = { accountId: context.scope.accountId, bucket, key };
  const snapshot = await openVersion(context, { ...record, id: snapshotId });
  try {
    const image = await imageSource(snapshot, format);
    const { bytes } = image;
    const partBytes = partBytesFor(bytes);
    const there = await objects.head(place);
    if (there?.bytes === bytes) return { key, bytes, skippedParts: Math.ceil(bytes / partBytes) };
    const skippedParts = await sendParts(objects, { image, place, partBytes }, options);
    return { key, bytes, skippedParts };
  } finally {
    await snapshot.close();
  }
}

/** Parts are so many bytes, or several times as many. */
const PART_STEP_BYTES: number = 1024 * 1024;

/** Parts of 64 MiB, or more where there would be more than 10,000. */
export function partBytesFor(bytes: number): number {
  const least = Math.ceil(bytes / IMAGE_PARTS_MAX / PART_STEP_BYTES) * PART_STEP_BYTES;
  return Math.max(IMAGE_PART_BYTES, least);
}

interface Source {
  readonly image: ImageSource;
  readonly place: ObjectPlace;
  readonly partBytes: number;
}

async function sendParts(
  objects: VolumeObjects,
  { image, place, partBytes }: Source,
  { onProgress, signal }: ExportImageOptions,
): Promise<number> {
  const totalBytes = image.bytes;
  const found = await objects.findUpload(place);
  const { uploadId, parts } = found ?? { uploadId: await objects.beginUpload(place), parts: none };
  let doneBytes = 0;
  let skipped = 0;
  await inParallel(numbersTo(totalBytes / partBytes), IMAGE_PARTS_IN_FLIGHT, async (number) => {
    signal?.throwIfAborted();
    const start = (number - 1) * partBytes;
    const end = Math.min(totalBytes, start + partBytes);
    if (parts.get(number) === end - start) skipped++;
    else await objects.putPart(place, { uploadId, number }, image.pieces(start, end));
    doneBytes += end - start;
    onProgress?.({ doneBytes, totalBytes });
  });
  await objects.completeUpload(place, uploadId);
  return skipped;
}

const none: ReadonlyMap<number, number> = new Map();

async function* numbersTo(last: number): AsyncGenerator<number> {
  for (let number = 1; number - 1 < last; number++) yield number;
}
