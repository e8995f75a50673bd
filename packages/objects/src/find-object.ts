import { whenThere } from "@firn/core";
import type { ReadView, Soon } from "@firn/core";
import { noSuchKeyError } from "./conditions.ts";
import { findBucket } from "./engine.ts";
import type { Engine } from "./engine.ts";
import { objectError } from "./errors.ts";
import { headKey, nullOrderKey, versionKey } from "./layout/key-layout.ts";
import { isDeleteMarker, unpackObject, unpackVersion } from "./layout/records.ts";
import type {
  BucketRecord,
  DeleteMarkerRecord,
  ObjectRecord,
  VersionRecord,
} from "./layout/records.ts";
import { NULL_VERSION, orderOfId } from "./layout/version-order.ts";
import { checkObjectKey } from "./names/object-key.ts";
import type { ObjectRequest } from "./object-types.ts";
import { checkVersionId, newestOld, noSuchVersionError, nullOrder } from "./object-versions.ts";

export interface FoundObject {
  readonly bucket: BucketRecord;
  readonly record: ObjectRecord;
}

export interface VersionRequest extends ObjectRequest {
  readonly versionId?: string | undefined;
}

/**
 * The object that a read names.
 *
 * @throws FIRN_OBJECT_NOT_FOUND, FIRN_OBJECT_VERSION_NOT_FOUND, FIRN_OBJECT_DELETE_MARKER.
 */
export function findObject(engine: Engine, request: VersionRequest): Soon<FoundObject> {
  const { key, versionId } = request;
  checkObjectKey(key);
  checkVersionId(versionId);
  return whenThere(findBucket(engine, request), (bucket) =>
    versionId === undefined
      ? findCurrent(engine, bucket, key)
      : findVersion(engine, bucket, { key, versionId }),
  );
}

function findCurrent(engine: Engine, bucket: BucketRecord, key: string): Soon<FoundObject> {
  return whenThere(engine.store.read(bucket.space, headKey(key)), (bytes) =>
    bytes === undefined
      ? refuseMissing(engine, bucket, key)
      : { bucket, record: unpackObject(bytes) },
  );
}

interface NamedVersion {
  readonly key: string;
  readonly versionId: string;
}

async function findVersion(
  engine: Engine,
  bucket: BucketRecord,
  named: NamedVersion,
): Promise<FoundObject> {
  // One view: a version may move between its two places.
  using view = engine.store.view();
  const record = await versionOf(view, bucket, named);
  if (record === undefined) throw noSuchVersionError(named.key, named.versionId);
  if (!isDeleteMarker(record)) return { bucket, record };
  throw deleteMarkerError(record);
}

export function deleteMarkerError({ versionId, lastModified }: DeleteMarkerRecord): Error {
  return objectError(
    "FIRN_OBJECT_DELETE_MARKER",
    "The specified method is not allowed against this resource.",
    { detail: { deleteMarker: true, versionId, lastModified } },
  );
}

async function versionOf(
  view: ReadView,
  { space }: BucketRecord,
  { key, versionId }: NamedVersion,
): Promise<VersionRecord | undefined> {
  const head = await view.get(space, headKey(key));
  const current = head === undefined ? undefined : unpackObject(head);
  if (current?.versionId === versionId) return current;
  const order =
    versionId === NULL_VERSION
      ? nullOrder(await view.get(space, nullOrderKey(key)))
      : orderOfId(versionId);
  if (order === undefined) return undefined;
  const bytes = await view.get(space, versionKey(key, order));
  const record = bytes === undefined ? undefined : unpackVersion(bytes);
  return record?.versionId === versionId ? record : undefined;
}

/** No object; the error says so when that is because of a delete marker. */
async function refuseMissing(engine: Engine, bucket: BucketRecord, key: string): Promise<never> {
  if (bucket.versioning === undefined) throw noSuchKeyError(key);
  using view = engine.store.view();
  const newest = (await view.page(bucket.space, newestOld(key)))[0];
  const record = newest === undefined ? undefined : unpackVersion(newest.value);
  if (record === undefined || !isDeleteMarker(record)) throw noSuchKeyError(key);
  const { versionId } = record;
  throw objectError("FIRN_OBJECT_NOT_FOUND", "The specified key does not exist.", {
    detail: { key, deleteMarker: true, versionId },
  });
}
