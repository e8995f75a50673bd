import type { Lsn } from "@firn/core";
import type { BucketRequest } from "../bucket-types.ts";
import { bucketIn, bucketKey, findBucket } from "../engine.ts";
import type { Engine } from "../engine.ts";
import { objectError, throwIfAborted } from "../errors.ts";
import type { BucketRecord } from "../layout/records.ts";
import type { BucketRewind, PastRequest, PutBucketRewindRequest } from "./rewind-types.ts";

/** From the commit on that this makes, the bucket can be looked at as of any moment. */
export async function putBucketRewind(
  engine: Engine,
  request: PutBucketRewindRequest,
): Promise<void> {
  const { windowMs: ms, bytes } = request;
  await setRetention(engine, request, { ms, bytes });
}

/** What is past is given up at once. No error when nothing was kept. */
export async function deleteBucketRewind(engine: Engine, request: BucketRequest): Promise<void> {
  await setRetention(engine, request, undefined);
}

async function setRetention(
  engine: Engine,
  request: BucketRequest,
  kept: { readonly ms: number; readonly bytes: number | undefined } | undefined,
): Promise<void> {
  throwIfAborted(request.signal);
  await engine.store.transact((tx) => tx.setRetention(bucketIn(engine, tx, request).space, kept), {
    reads: [[engine.root, bucketKey(request.bucket)]],
  });
}

/** `undefined`: nothing of its past is kept. */
export async function getBucketRewind(
  engine: Engine,
  request: BucketRequest,
): Promise<BucketRewind | undefined> {
  return windowOf(engine, await findBucket(engine, request));
}

function windowOf({ store }: Engine, { space }: BucketRecord): BucketRewind | undefined {
  const kept = store.retention(space);
  if (kept === undefined) return undefined;
  const latestMs = store.clock.now();
  const earliest = new Date(Math.max(kept.fromTime, latestMs - kept.ms));
  return { windowMs: kept.ms, bytes: kept.bytes, earliest, latest: new Date(latestMs) };
}

export interface PastMoment {
  readonly bucket: BucketRecord;
  readonly lsn: Lsn;
}

/**
 * The moment that a request is about.
 * @throws FIRN_BUCKET_REWIND_OFF, FIRN_BUCKET_REWIND_TIME.
 */
export async function pastMoment(engine: Engine, request: PastRequest): Promise<PastMoment> {
  const bucket = await findBucket(engine, request);
  const window = windowOf(engine, bucket);
  if (window === undefined) {
    const text = "Nothing of the past of this bucket is kept: switch its rewind window on.";
    throw objectError("FIRN_BUCKET_REWIND_OFF", text, { detail: { bucket: request.bucket } });
  }
  const { earliest, latest } = window;
  const { time } = request;
  if (!(time >= earliest && time <= latest)) {
    throw objectError(
      "FIRN_BUCKET_REWIND_TIME",
      `The bucket can be looked at as of ${earliest.toISOString()} to ${latest.toISOString()}.`,
      { detail: { earliest: earliest.toISOString(), latest: latest.toISOString() } },
    );
  }
  return { bucket, lsn: await engine.pastLsns.at(engine.store, time.getTime()) };
}
