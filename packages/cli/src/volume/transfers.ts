import { CommandError } from "../command-error.ts";
import { Progress } from "../progress.ts";
import type { ServeIo } from "../serve.ts";
import type { RegionVolumes } from "./volume-store.ts";

/** How a snapshot lies in a bucket. */
export type ImageFormat = "blocks" | "raw" | "qcow2";

export interface Exported {
  readonly snapshotId: string;
  readonly format: ImageFormat;
  readonly bucket: string;
  /** The manifest of blocks, or the image. */
  readonly key: string;
  /** Objects or parts that an interrupted export had brought already. */
  readonly resumed: number;
}

export interface Imported {
  readonly snapshotId: string;
  readonly sizeGiB: number;
}

/** A place in one of the store's own buckets. */
export interface BucketPlace {
  readonly bucket: string;
  readonly key: string;
}

const BLOCK_BYTES: number = 512 * 1024;

/** @throws CommandError 2 when the text is no `s3://bucket/…`. */
export function bucketPlace(text: string): BucketPlace {
  const found = /^s3:\/\/([^/]+)\/?(.*)$/.exec(text);
  if (found === null) {
    throw new CommandError(2, `${text} names no bucket of the store: write s3://bucket/prefix.`);
  }
  return { bucket: found[1] ?? "", key: found[2] ?? "" };
}

/** Goes on where an interrupted export of the same snapshot to the same place was. */
export async function exportTo(
  volumes: RegionVolumes,
  transfer: { snapshotId: string; place: BucketPlace; format: ImageFormat },
  io: ServeIo,
): Promise<Exported> {
  const { snapshotId, format } = transfer;
  const { bucket, key: prefix } = transfer.place;
  return watched(io, async ({ progress, signal }) => {
    const request = { snapshotId, bucket, prefix, signal };
    if (format !== "blocks") {
      const { key, skippedParts: resumed } = await volumes.snapshots.exportImage({
        ...request,
        format,
        onProgress: ({ doneBytes, totalBytes }) => progress.update(doneBytes, totalBytes),
      });
      return { snapshotId, format, bucket, key, resumed };
    }
    const { manifestKey: key, skippedObjects: resumed } = await volumes.snapshots.export({
      ...request,
      onProgress: ({ doneBlocks, totalBlocks }) =>
        progress.update(doneBlocks * BLOCK_BYTES, totalBlocks * BLOCK_BYTES),
    });
    return { snapshotId, format, bucket, key, resumed };
  });
}

/** A key that ends with `manifest.json` is an export of blocks, any other one an image. */
export async function importFrom(
  volumes: RegionVolumes,
  { bucket, key }: BucketPlace,
  { description, io }: { readonly description?: string | undefined; readonly io: ServeIo },
): Promise<Imported> {
  const made = await watched(io, ({ progress, signal }) => {
    const request = { bucket, description, signal };
    if (key.endsWith("manifest.json")) {
      return volumes.snapshots.import({
        ...request,
        manifestKey: key,
        onProgress: ({ doneBlocks, totalBlocks }) =>
          progress.update(doneBlocks * BLOCK_BYTES, totalBlocks * BLOCK_BYTES),
      });
    }
    return volumes.snapshots.importImage({
      ...request,
      key,
      onProgress: ({ doneBytes, totalBytes }) => progress.update(doneBytes, totalBytes),
    });
  });
  return { snapshotId: made.snapshotId, sizeGiB: made.sizeGiB };
}

interface Watch {
  readonly progress: Progress;
  /** Ends the work between two pieces when the process is asked to end. */
  readonly signal: AbortSignal;
}

async function watched<T>(io: ServeIo, work: (watch: Watch) => Promise<T>): Promise<T> {
  const progress = new Progress(io.progress);
  const ended = new AbortController();
  const text = "Broken off. The same command goes on where it was.";
  void io.stopped.then(() => ended.abort(new CommandError(1, text)));
  try {
    return await work({ progress, signal: ended.signal });
  } finally {
    progress.end();
  }
}
