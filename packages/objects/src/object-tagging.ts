import { bucketIn, bucketKey, findBucket } from "./engine.ts";
import type { Engine } from "./engine.ts";
import { noSuchKeyError } from "./conditions.ts";
import { deleteMarkerError, findObject } from "./find-object.ts";
import type { VersionRequest } from "./find-object.ts";
import { isDeleteMarker } from "./layout/records.ts";
import { checkObjectKey } from "./names/object-key.ts";
import { headIn } from "./object-heads.ts";
import {
  checkVersionId,
  keyReads,
  noSuchVersionError,
  rewriteVersion,
  shownVersion,
  versionIn,
} from "./object-versions.ts";
import type { ObjectTagging, PutObjectTaggingRequest, TaggedVersion } from "./tag-types.ts";
import { OBJECT_TAGS, checkTags } from "./tags.ts";
import type { Tags } from "./tags.ts";

export async function getObjectTagging(
  engine: Engine,
  request: VersionRequest,
): Promise<ObjectTagging> {
  const { bucket, record } = await findObject(engine, request);
  return { tags: record.tags ?? {}, versionId: shownVersion(bucket, record) };
}

export async function putObjectTagging(
  engine: Engine,
  request: PutObjectTaggingRequest,
): Promise<TaggedVersion> {
  return await replaceTags(engine, request, checkTags(request.tags, OBJECT_TAGS));
}

export async function deleteObjectTagging(
  engine: Engine,
  request: VersionRequest,
): Promise<TaggedVersion> {
  return await replaceTags(engine, request, undefined);
}

/** The record alone is written again: the version, its bytes and its time stay. */
async function replaceTags(
  engine: Engine,
  request: VersionRequest,
  tags: Tags | undefined,
): Promise<TaggedVersion> {
  const { key, versionId } = request;
  checkObjectKey(key);
  checkVersionId(versionId);
  const { reads, ranges } = keyReads(await findBucket(engine, request), key, versionId);
  return await engine.store.transact(
    (tx) => {
      const bucket = bucketIn(engine, tx, request);
      const current = headIn(tx, bucket.space, key);
      const state = { bucket, key, current };
      const record = versionId === undefined ? current : versionIn(tx, state, versionId);
      if (record === undefined) {
        throw versionId === undefined ? noSuchKeyError(key) : noSuchVersionError(key, versionId);
      }
      if (isDeleteMarker(record)) throw deleteMarkerError(record);
      rewriteVersion(tx, state, { ...record, tags });
      return { versionId: shownVersion(bucket, record) };
    },
    { reads: [[engine.root, bucketKey(request.bucket)], ...reads], ranges },
  );
}
