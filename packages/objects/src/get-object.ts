import { FirnError } from "@firn/core";
import { parseRange } from "./byte-range.ts";
import type { ByteRange } from "./byte-range.ts";
import { abortable } from "./body/abortable.ts";
import { checkReadConditions, noSuchKeyError, quoted } from "./conditions.ts";
import { READ_ATTEMPTS_MAX } from "./constants.ts";
import type { Engine } from "./engine.ts";
import { findObject } from "./find-object.ts";
import type { FoundObject } from "./find-object.ts";
import { manifestKey } from "./layout/key-layout.ts";
import { unpackManifest } from "./layout/records.ts";
import type { BucketRecord, ObjectPart, ObjectRecord } from "./layout/records.ts";
import type {
  GetObjectRequest,
  GetObjectResult,
  HeadObjectRequest,
  HeadObjectResult,
} from "./object-types.ts";
import { shownVersion } from "./object-versions.ts";

export async function headObject(
  engine: Engine,
  request: HeadObjectRequest,
): Promise<HeadObjectResult> {
  const found = await findObject(engine, request);
  const { record } = found;
  checkReadConditions(record, request);
  return resultOf(found, parseRange(request.range, record.size));
}

/**
 * Reads what the key names now. The first bytes are fetched before the call resolves: an object
 * that is replaced between its record and its bytes is read again, and damage is an error of the
 * call, not of the body.
 */
export async function getObject(
  engine: Engine,
  request: GetObjectRequest,
): Promise<GetObjectResult> {
  for (let attempt = 1; ; attempt++) {
    const found = await findObject(engine, request);
    const { bucket, record } = found;
    checkReadConditions(record, request);
    const range = parseRange(request.range, record.size);
    try {
      const parts = await partsOf(engine, bucket, record);
      const body = await begin(readParts(engine, parts, range ?? { start: 0, end: record.size }));
      return { ...resultOf(found, range), body: abortable(body, request.signal) };
    } catch (error) {
      if (attempt === READ_ATTEMPTS_MAX || !wasReplaced(error)) throw error;
    }
  }
}

async function partsOf(
  engine: Engine,
  bucket: BucketRecord,
  record: ObjectRecord,
): Promise<readonly ObjectPart[]> {
  if (record.manifestId === undefined) return record.parts;
  const bytes = await engine.store.get(bucket.space, manifestKey(record.manifestId));
  // Deleted since its record was read: as good as a missing blob, and tried again.
  if (bytes === undefined) throw noSuchKeyError();
  return unpackManifest(bytes);
}

async function* readParts(
  engine: Engine,
  parts: readonly ObjectPart[],
  range: ByteRange,
): AsyncGenerator<Uint8Array, void> {
  let offset = 0;
  for (const part of parts) {
    const start = Math.max(range.start - offset, 0);
    const end = Math.min(range.end - offset, part.size);
    offset += part.size;
    if (start < end) yield* engine.store.blobs.read(part.blob, { start, end });
    if (offset >= range.end) return;
  }
}

/** The same chunks, the first of which is there already. */
async function begin(chunks: AsyncGenerator<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  const first = await chunks.next();
  return (async function* (): AsyncGenerator<Uint8Array, void> {
    try {
      if (first.done === true) return;
      yield first.value;
      yield* chunks;
    } finally {
      await chunks.return(undefined);
    }
  })();
}

/** The record that was found names what a later transaction has let go of. */
function wasReplaced(error: unknown): boolean {
  if (!(error instanceof FirnError)) return false;
  return error.code === "FIRN_BLOB_NOT_FOUND" || error.code === "FIRN_OBJECT_NOT_FOUND";
}

function resultOf({ bucket, record }: FoundObject, range: ByteRange | undefined): HeadObjectResult {
  return {
    ...record.headers,
    eTag: quoted(record.etag),
    versionId: shownVersion(bucket, record),
    lastModified: new Date(record.lastModified),
    contentLength: range === undefined ? record.size : range.end - range.start,
    contentRange:
      range === undefined ? undefined : `bytes ${range.start}-${range.end - 1}/${record.size}`,
    metadata: record.metadata,
    storageClass: record.storageClass,
    checksum: record.checksum,
    partsCount: record.partsCount,
  };
}
