import { FirnError, whenThere } from "@firn/core";
import type { Soon } from "@firn/core";
import { parseRange } from "./byte-range.ts";
import type { ByteRange } from "./byte-range.ts";
import { abortable } from "./body/abortable.ts";
import { WholeBody } from "./body/whole-body.ts";
import type { Checksum } from "./checksum/checksum.ts";
import { checkReadConditions, noSuchKeyError, quoted } from "./conditions.ts";
import { GATHER_BYTES_MAX, READ_ATTEMPTS_MAX } from "./constants.ts";
import { openRange } from "./encryption/cipher-units.ts";
import { unwrapKey } from "./encryption/key-wrap.ts";
import { checkCustomerKey, encryptionResult, openSeal } from "./encryption/seals.ts";
import type { Engine } from "./engine.ts";
import { objectError } from "./errors.ts";
import { findObject } from "./find-object.ts";
import type { FoundObject } from "./find-object.ts";
import { manifestKey } from "./layout/key-layout.ts";
import { unpackManifest } from "./layout/records.ts";
import { noticeOf } from "./lifecycle/lifecycle-configuration.ts";
import type { ExpirationNotice } from "./lifecycle/lifecycle-types.ts";
import { checkReadable, restoreStatus } from "./lifecycle/restore.ts";
import { lockResult } from "./lock/lock-rules.ts";
import type { ObjectPart, ObjectRecord } from "./layout/records.ts";
import { checkPartNumber } from "./multipart/upload-part.ts";
import type {
  GetObjectRequest,
  GetObjectResult,
  HeadObjectRequest,
  HeadObjectResult,
} from "./object-types.ts";
import { shownVersion } from "./object-versions.ts";
import { unpackRange } from "./packing/packed-units.ts";
import type { ReadStored } from "./packing/packed-units.ts";

export async function headObject(
  engine: Engine,
  request: HeadObjectRequest,
): Promise<HeadObjectResult> {
  const found = await findObject(engine, request);
  const { record } = found;
  checkCustomerKey(record.seal, request.sseCustomerKey);
  checkReadConditions(record, request);
  const parts = request.partNumber === undefined ? [] : await partsOf(engine, found);
  const range = rangeOf(request, record, parts);
  const checksum = checksumOf(request, record, parts);
  const expiration = await expirationOf(engine, found, request);
  const now = engine.store.clock.now();
  return resultOf(found, { range, checksum, expiration, now, body: undefined });
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
    const { record } = found;
    checkReadable(record, engine.store.clock.now());
    checkReadConditions(record, request);
    try {
      const parts = await partsOf(engine, found);
      const range = rangeOf(request, record, parts);
      const key = await openSeal(engine, record.seal, request);
      const body = await bodyOf(engine, {
        stored: { parts, key },
        range: range ?? { start: 0, end: record.size },
        signal: request.signal,
      });
      const checksum = checksumOf(request, record, parts);
      const expiration = await expirationOf(engine, found, request);
      const now = engine.store.clock.now();
      return resultOf(found, { range, checksum, expiration, now, body });
    } catch (error) {
      if (attempt === READ_ATTEMPTS_MAX || !wasReplaced(error)) throw error;
    }
  }
}

/** What the bucket's lifecycle has to say. */
function expirationOf(
  engine: Engine,
  { bucket, record }: FoundObject,
  { key, versionId }: HeadObjectRequest,
): Soon<ExpirationNotice | undefined> {
  // Rules end current versions; of one that is named it is not known whether it is.
  return versionId === undefined ? noticeOf(engine, bucket, { key, record }) : undefined;
}

/** The parts of an object, wherever they are written. */
export function partsOf(
  engine: Engine,
  { bucket, record }: FoundObject,
): Soon<readonly ObjectPart[]> {
  if (record.manifestId === undefined) return record.parts;
  const read = engine.store.read(bucket.space, manifestKey(record.manifestId));
  return whenThere(read, (bytes) => {
    // Deleted since its record was read: as good as a missing blob, and tried again.
    if (bytes === undefined) throw noSuchKeyError();
    return unpackManifest(bytes);
  });
}

/** What a read asks for: a range, a part, or with `undefined` all of it. */
function rangeOf(
  { range, partNumber }: HeadObjectRequest,
  record: ObjectRecord,
  parts: readonly ObjectPart[],
): ByteRange | undefined {
  if (partNumber === undefined) return parseRange(range, record.size);
  if (range !== undefined) {
    throw objectError(
      "FIRN_OBJECT_REQUEST_INVALID",
      "Cannot specify both Range header and partNumber query parameter",
    );
  }
  checkPartNumber(partNumber);
  // An object that was not uploaded in parts is its own first one.
  if (record.partsCount === undefined && partNumber === 1) return wholeOf(record);
  let start = 0;
  for (const { number, size } of parts) {
    if (number === partNumber && record.partsCount !== undefined)
      return { start, end: start + size };
    start += size;
  }
  throw objectError("FIRN_UPLOAD_PART_INVALID", "The requested partnumber is not satisfiable", {
    detail: { partNumber },
  });
}

/** Of the part that is asked for, or of the whole object. */
function checksumOf(
  { partNumber }: HeadObjectRequest,
  { checksum, partsCount }: ObjectRecord,
  parts: readonly ObjectPart[],
): Checksum | undefined {
  if (partNumber === undefined || partsCount === undefined) return checksum;
  const value = parts.find(({ number }) => number === partNumber)?.checksum;
  return checksum === undefined || value === undefined ? undefined : { ...checksum, value };
}

function wholeOf({ size }: ObjectRecord): ByteRange | undefined {
  return size === 0 ? undefined : { start: 0, end: size };
}

interface StoredParts {
  readonly parts: readonly ObjectPart[];
  /** The object's, when it is encrypted. */
  readonly key: Uint8Array | undefined;
}

interface WantedBody {
  readonly stored: StoredParts;
  readonly range: ByteRange;
  readonly signal: AbortSignal | undefined;
}

/** The bytes: as one piece where they are one in the store. */
async function bodyOf(
  engine: Engine,
  { stored, range, signal }: WantedBody,
): Promise<AsyncIterable<Uint8Array>> {
  const small = readSmall(engine, stored);
  const whole = small instanceof Promise ? await small : small;
  if (whole !== undefined) return new WholeBody(whole.subarray(range.start, range.end));
  const bytes = range.end - range.start;
  return await begin(readParts(engine, stored, range), { bytes, signal });
}

/** All of an object that is one small blob, plain as it was put; `undefined` of any other. */
function readSmall(engine: Engine, { parts, key }: StoredParts): Soon<Uint8Array | undefined> {
  const [only] = parts;
  const isPlain = only !== undefined && parts.length === 1 && only.packed === undefined;
  if (!isPlain || (key !== undefined && only.key !== undefined)) return undefined;
  return only.size > GATHER_BYTES_MAX ? undefined : engine.store.blobs.readSmall(only.blob);
}

async function* readParts(
  engine: Engine,
  { parts, key }: StoredParts,
  range: ByteRange,
): AsyncGenerator<Uint8Array, void> {
  let offset = 0;
  for (const part of parts) {
    const start = Math.max(range.start - offset, 0);
    const end = Math.min(range.end - offset, part.size);
    offset += part.size;
    if (start < end) yield* readPart(engine, part, { start, end, key });
    if (offset >= range.end) return;
  }
}

interface PartRange extends ByteRange {
  /** The object's, when it is encrypted. */
  readonly key: Uint8Array | undefined;
}

function readPart(engine: Engine, part: ObjectPart, range: PartRange): AsyncIterable<Uint8Array> {
  const { packed, size } = part;
  if (packed === undefined) return readStored(engine, part, range);
  const { key, start, end } = range;
  const inner = { ...part, size: packed };
  const read: ReadStored = (stored) => readStored(engine, inner, { ...stored, key });
  return unpackRange(read, { size, packed, start, end });
}

function readStored(
  { store }: Engine,
  { blob, size, key: wrapped }: ObjectPart,
  { start, end, key: wrapping }: PartRange,
): AsyncIterable<Uint8Array> {
  if (wrapping === undefined || wrapped === undefined)
    return store.blobs.read(blob, { start, end });
  const key = unwrapKey(wrapping, wrapped);
  if (key === undefined) {
    throw objectError("FIRN_OBJECT_SEAL_BROKEN", "A part's key does not match its object's.");
  }
  return openRange(store.blobs, { blob, size, key, start, end });
}

/** The same chunks, the first of which is there already; often it is all there is. */
async function begin(
  chunks: AsyncGenerator<Uint8Array>,
  { bytes, signal }: { readonly bytes: number; readonly signal: AbortSignal | undefined },
): Promise<AsyncIterable<Uint8Array>> {
  const first = await chunks.next();
  if (first.done !== true && first.value.length === bytes) {
    await chunks.return(undefined);
    return new WholeBody(first.value);
  }
  return abortable(resumed(chunks, first), signal);
}

async function* resumed(
  chunks: AsyncGenerator<Uint8Array>,
  first: IteratorResult<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  try {
    if (first.done === true) return;
    yield first.value;
    yield* chunks;
  } finally {
    await chunks.return(undefined);
  }
}

/** The record that was found names what a later transaction has let go of. */
function wasReplaced(error: unknown): boolean {
  if (!(error instanceof FirnError)) return false;
  return error.code === "FIRN_BLOB_NOT_FOUND" || error.code === "FIRN_OBJECT_NOT_FOUND";
}

interface Told<Body> {
  readonly range: ByteRange | undefined;
  readonly checksum: Checksum | undefined;
  readonly expiration: ExpirationNotice | undefined;
  /** Milliseconds since 1970 UTC, on the store's clock. */
  readonly now: number;
  readonly body: Body;
}

/** One literal: what is put together of several costs more than all that it says. */
function resultOf<Body>(
  { bucket, record }: FoundObject,
  { range, checksum, expiration, now, body }: Told<Body>,
): HeadObjectResult & { readonly body: Body } {
  const { headers } = record;
  const encryption = encryptionResult(record.seal);
  const lock = lockResult(record);
  return {
    cacheControl: headers.cacheControl,
    contentDisposition: headers.contentDisposition,
    contentEncoding: headers.contentEncoding,
    contentLanguage: headers.contentLanguage,
    contentType: headers.contentType,
    expires: headers.expires,
    eTag: quoted(record.etag),
    versionId: shownVersion(bucket, record),
    lastModified: new Date(record.lastModified),
    contentLength: range === undefined ? record.size : range.end - range.start,
    contentRange:
      range === undefined ? undefined : `bytes ${range.start}-${range.end - 1}/${record.size}`,
    metadata: record.metadata,
    storageClass: record.storageClass,
    websiteRedirectLocation: record.websiteRedirect,
    partsCount: record.partsCount,
    tagCount: record.tags && Object.keys(record.tags).length,
    restore: restoreStatus(record, now),
    serverSideEncryption: encryption.serverSideEncryption,
    ssekmsKeyId: encryption.ssekmsKeyId,
    bucketKeyEnabled: encryption.bucketKeyEnabled,
    sseCustomerAlgorithm: encryption.sseCustomerAlgorithm,
    sseCustomerKeyMD5: encryption.sseCustomerKeyMD5,
    objectLockMode: lock.objectLockMode,
    objectLockRetainUntilDate: lock.objectLockRetainUntilDate,
    objectLockLegalHoldStatus: lock.objectLockLegalHoldStatus,
    checksum,
    expiration,
    body,
  };
}
