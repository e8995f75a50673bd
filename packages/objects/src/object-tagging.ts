import { changeObject } from "./change-object.ts";
import type { Engine } from "./engine.ts";
import { findObject } from "./find-object.ts";
import type { VersionRequest } from "./find-object.ts";
import { shownVersion } from "./object-versions.ts";
import type { ObjectTagging, PutObjectTaggingRequest, TaggedVersion } from "./tag-types.ts";
import { OBJECT_TAGS, checkTags } from "./tags.ts";

const TAGGED = "s3:ObjectTagging:Put";
const UNTAGGED = "s3:ObjectTagging:Delete";

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
  const tags = checkTags(request.tags, OBJECT_TAGS);
  return await changeObject(engine, { ...request, event: TAGGED }, (record) => ({
    ...record,
    tags,
  }));
}

export async function deleteObjectTagging(
  engine: Engine,
  request: VersionRequest,
): Promise<TaggedVersion> {
  return await changeObject(engine, { ...request, event: UNTAGGED }, (record) => ({
    ...record,
    tags: undefined,
  }));
}
