import { quoted } from "../conditions.ts";
import { findBucket } from "../engine.ts";
import type { Engine } from "../engine.ts";
import { FirnError } from "@firn/core";
import { findObject } from "../find-object.ts";
import { changeObject } from "../change-object.ts";
import { shownVersion } from "../object-versions.ts";
import type { TaggedVersion } from "../tag-types.ts";
import type { ObjectAccess, ObjectAccessRequest, PutObjectAclRequest } from "./access-types.ts";
import { checkAcl } from "./bucket-access.ts";

/**
 * Whose the version is and who may read it; `undefined` when there is none, or a delete marker.
 *
 * @throws FIRN_BUCKET_NOT_FOUND.
 */
export async function findObjectAccess(
  engine: Engine,
  request: ObjectAccessRequest,
): Promise<ObjectAccess | undefined> {
  await findBucket(engine, request);
  try {
    return await getObjectAccess(engine, request);
  } catch (error) {
    if (error instanceof FirnError && error.code.startsWith("FIRN_OBJECT_")) return undefined;
    throw error;
  }
}

/** @throws FIRN_OBJECT_NOT_FOUND, FIRN_OBJECT_VERSION_NOT_FOUND, FIRN_OBJECT_DELETE_MARKER. */
export async function getObjectAccess(
  engine: Engine,
  request: ObjectAccessRequest,
): Promise<ObjectAccess> {
  const { bucket, record } = await findObject(engine, request);
  const { owner = bucket.owner, acl, tags } = record;
  return {
    owner,
    acl,
    tags,
    eTag: quoted(record.etag),
    lastModified: new Date(record.lastModified),
    versionId: shownVersion(bucket, record),
  };
}

/** The version, its bytes and its time stay. @throws as `getObjectAccess`. */
export async function putObjectAcl(
  engine: Engine,
  request: PutObjectAclRequest,
): Promise<TaggedVersion> {
  const acl = checkAcl(request.acl);
  const named = { ...request, event: "s3:ObjectAcl:Put" } as const;
  return await changeObject(engine, named, (record) => ({ ...record, acl }));
}
