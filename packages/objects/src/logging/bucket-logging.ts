import { prefixEnd } from "@firn/core";
import type { KeySpaceId, Store } from "@firn/core";
import type { BucketRequest } from "../bucket-types.ts";
import { bucketIn, bucketKey, findBucket, loggedBucketKey } from "../engine.ts";
import type { Engine } from "../engine.ts";
import { objectError, throwIfAborted } from "../errors.ts";
import { packBucket } from "../layout/records.ts";
import type { BucketLogging, PutBucketLoggingRequest } from "./logging-types.ts";

export async function getBucketLogging(
  engine: Engine,
  request: BucketRequest,
): Promise<BucketLogging | undefined> {
  return (await findBucket(engine, request)).logging;
}

/** @throws FIRN_BUCKET_LOGGING_TARGET. */
export async function putBucketLogging(
  engine: Engine,
  request: PutBucketLoggingRequest,
): Promise<void> {
  throwIfAborted(request.signal);
  const { logging } = request;
  const key = bucketKey(request.bucket);
  const target = logging === undefined ? undefined : bucketKey(logging.targetBucket);
  await engine.store.transact(
    (tx) => {
      const bucket = bucketIn(engine, tx, request);
      const bytes = target && tx.get(engine.root, target);
      if (target !== undefined && bytes === undefined) throw targetError(NO_TARGET);
      if (logging !== undefined && bytes !== undefined) {
        const { owner, region } = engine.buckets.of(logging.targetBucket, bytes);
        if (owner !== bucket.owner) throw targetError(OTHER_OWNER);
        if (region !== bucket.region) throw targetError(OTHER_REGION);
      }
      tx.put(engine.root, key, packBucket({ ...bucket, logging }));
      const named = loggedBucketKey(request.bucket);
      if (logging === undefined) tx.delete(engine.root, named);
      else tx.put(engine.root, named, new Uint8Array());
    },
    {
      reads: [
        [engine.root, key],
        ...(target === undefined ? [] : [[engine.root, target] as const]),
      ],
    },
  );
  if (logging === undefined) engine.logged.delete(request.bucket);
  else engine.logged.add(request.bucket);
}

/** The names of all buckets that are logged. */
export async function loggedBuckets(store: Store, root: KeySpaceId): Promise<Set<string>> {
  const first = loggedBucketKey("");
  const names = new Set<string>();
  using view = store.view();
  for await (const { key } of view.range(root, { gte: first, lt: prefixEnd(first) })) {
    names.add(Buffer.from(key).toString("utf8", first.length));
  }
  return names;
}

const NO_TARGET = "The target bucket for logging does not exist";
const OTHER_OWNER = "The owner for the bucket to be logged and the target bucket must be the same.";
const OTHER_REGION = "The target bucket must be in the region of the bucket to be logged.";

function targetError(message: string): Error {
  return objectError("FIRN_BUCKET_LOGGING_TARGET", message);
}
