import { objectError } from "./errors.ts";
import type { ObjectRecord } from "./layout/records.ts";
import type { DeleteConditions, ReadConditions, WriteConditions } from "./object-types.ts";

/**
 * The conditions of a read, in the order of RFC 9110 section 13.2.2.
 *
 * @throws FIRN_OBJECT_PRECONDITION_FAILED, FIRN_OBJECT_NOT_MODIFIED.
 */
export function checkReadConditions(record: ObjectRecord, conditions: ReadConditions): void {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions;
  if (ifMatch !== undefined) {
    if (!matches(record.etag, ifMatch)) throw failedError("If-Match");
  } else if (ifUnmodifiedSince !== undefined && isNewer(record, ifUnmodifiedSince)) {
    throw failedError("If-Unmodified-Since");
  }
  if (ifNoneMatch !== undefined) {
    if (matches(record.etag, ifNoneMatch)) throw notModifiedError(record);
  } else if (ifModifiedSince !== undefined && !isNewer(record, ifModifiedSince)) {
    throw notModifiedError(record);
  }
}

/** As `checkReadConditions`, for a copy's source: what a read calls not modified has failed. */
export function checkCopySource(record: ObjectRecord, conditions: ReadConditions): void {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions;
  checkReadConditions(record, { ifMatch, ifUnmodifiedSince });
  if (ifNoneMatch !== undefined) {
    if (matches(record.etag, ifNoneMatch)) throw failedError("x-amz-copy-source-If-None-Match");
  } else if (ifModifiedSince !== undefined && !isNewer(record, ifModifiedSince)) {
    throw failedError("x-amz-copy-source-If-Modified-Since");
  }
}

/**
 * The conditions of a write; `current` is read in the same transaction.
 *
 * @throws FIRN_OBJECT_PRECONDITION_FAILED, FIRN_OBJECT_NOT_FOUND when `ifMatch` meets no object.
 */
export function checkWriteConditions(
  current: ObjectRecord | undefined,
  { ifMatch, ifNoneMatch }: WriteConditions,
): void {
  if (ifNoneMatch !== undefined && current !== undefined && matches(current.etag, ifNoneMatch)) {
    throw failedError("If-None-Match");
  }
  if (ifMatch === undefined) return;
  if (current === undefined) throw noSuchKeyError();
  if (!matches(current.etag, ifMatch)) throw failedError("If-Match");
}

/** As `checkWriteConditions`, of what a rename would write over. */
export function checkRenameTarget(
  current: ObjectRecord | undefined,
  { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince }: ReadConditions,
): void {
  checkWriteConditions(current, { ifMatch, ifNoneMatch });
  const isOlder = (date: Date): boolean => current === undefined || !isNewer(current, date);
  if (ifMatch === undefined && ifUnmodifiedSince !== undefined && !isOlder(ifUnmodifiedSince)) {
    throw failedError("If-Unmodified-Since");
  }
  // What is not there was not modified either.
  if (ifNoneMatch === undefined && ifModifiedSince !== undefined && isOlder(ifModifiedSince)) {
    throw failedError("If-Modified-Since");
  }
}

/** As `checkWriteConditions`, of a delete. */
export function checkDeleteConditions(
  current: ObjectRecord | undefined,
  { ifMatch, ifMatchLastModifiedTime: time, ifMatchSize: size }: DeleteConditions,
): void {
  checkWriteConditions(current, { ifMatch });
  if (time === undefined && size === undefined) return;
  if (current === undefined) throw noSuchKeyError();
  if (time !== undefined && seconds(current.lastModified) !== seconds(time.getTime())) {
    throw failedError("x-amz-if-match-last-modified-time");
  }
  if (size !== undefined && current.size !== size) throw failedError("x-amz-if-match-size");
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}

export function noSuchKeyError(key?: string): Error {
  return objectError("FIRN_OBJECT_NOT_FOUND", "The specified key does not exist.", {
    detail: key === undefined ? {} : { key },
  });
}

/** ETags without their quotes; a list in HTTP's form matches when one of them does. */
function matches(etag: string, condition: string): boolean {
  return condition.split(",").some((one) => one.trim() === "*" || unquoted(one) === etag);
}

export function unquoted(etag: string): string {
  return etag
    .trim()
    .replace(/^W\//, "")
    .replace(/^"(.*)"$/, "$1");
}

export function quoted(etag: string): string {
  return `"${etag}"`;
}

/** HTTP's dates have whole seconds. */
function isNewer(record: ObjectRecord, date: Date): boolean {
  return seconds(record.lastModified) > seconds(date.getTime());
}

function failedError(condition: string): Error {
  return objectError(
    "FIRN_OBJECT_PRECONDITION_FAILED",
    "At least one of the pre-conditions you specified did not hold",
    { detail: { condition } },
  );
}

function notModifiedError(record: ObjectRecord): Error {
  return objectError("FIRN_OBJECT_NOT_MODIFIED", "Not Modified", {
    detail: { eTag: quoted(record.etag), lastModified: record.lastModified },
  });
}
