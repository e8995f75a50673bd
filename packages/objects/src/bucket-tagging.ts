import type { BucketRequest } from "./bucket-types.ts";
import { bucketIn, bucketKey, findBucket } from "./engine.ts";
import type { Engine } from "./engine.ts";
import { objectError } from "./errors.ts";
import { packBucket } from "./layout/records.ts";
import type { PutBucketTaggingRequest } from "./tag-types.ts";
import { BUCKET_TAGS, checkTags } from "./tags.ts";
import type { Tags } from "./tags.ts";

/** @throws FIRN_BUCKET_TAGS_NOT_FOUND when it has none. */
export async function getBucketTagging(engine: Engine, request: BucketRequest): Promise<Tags> {
  const { tags } = await findBucket(engine, request);
  if (tags !== undefined) return tags;
  throw objectError("FIRN_BUCKET_TAGS_NOT_FOUND", "The TagSet does not exist", {
    detail: { bucket: request.bucket },
  });
}

export async function putBucketTagging(
  engine: Engine,
  request: PutBucketTaggingRequest,
): Promise<void> {
  await replaceTags(engine, request, checkTags(request.tags, BUCKET_TAGS));
}

export async function deleteBucketTagging(engine: Engine, request: BucketRequest): Promise<void> {
  await replaceTags(engine, request, undefined);
}

async function replaceTags(
  engine: Engine,
  request: BucketRequest,
  tags: Tags | undefined,
): Promise<void> {
  const key = bucketKey(request.bucket);
  await engine.store.transact(
    (tx) => {
      tx.put(engine.root, key, packBucket({ ...bucketIn(engine, tx, request), tags }));
    },
    { reads: [[engine.root, key]] },
  );
}
