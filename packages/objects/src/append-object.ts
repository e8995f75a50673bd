import { hash } from "node:crypto";
import { FirnError } from "@firn/core";
import type { Transaction } from "@firn/core";
import { stageBody, withBody } from "./body/stage-body.ts";
import type { StagedBody } from "./body/stage-body.ts";
import type { Checksum } from "./checksum/checksum.ts";
import { combineCrcs, isCombinable } from "./checksum/combine-crc.ts";
import { checkWriteConditions, noSuchKeyError, quoted } from "./conditions.ts";
import { PARTS_MAX, PUT_BYTES_MAX } from "./constants.ts";
import { encryptionResult, openSeal } from "./encryption/seals.ts";
import { bucketIn, bucketKey } from "./engine.ts";
import type { Engine } from "./engine.ts";
import { objectError } from "./errors.ts";
import { findObject } from "./find-object.ts";
import type { FoundObject } from "./find-object.ts";
import { newId } from "./ids.ts";
import { manifestKey } from "./layout/key-layout.ts";
import type { ObjectRecord } from "./layout/records.ts";
import { checkReadable } from "./lifecycle/restore.ts";
import { isInfrequent } from "./lifecycle/storage-classes.ts";
import { checkObjectKey } from "./names/object-key.ts";
import { noteWritten } from "./notifications/outbox.ts";
import { headIn, partsIn, putHead } from "./object-heads.ts";
import type { PutObjectRequest, PutObjectResult } from "./object-types.ts";
import { keyReads, makeRoom, shownVersion } from "./object-versions.ts";
import { attachPart, putObject } from "./put-object.ts";

/**
 * Puts bytes behind those of an object, of which none is moved: its record names one more blob.
 * What is kept beside the bytes stays. The ETag becomes one made of the old one and the new bytes,
 * except where one of the two is empty: then it is the other's, which says what the bytes are.
 *
 * @throws FIRN_OBJECT_OFFSET_INVALID when the object has not exactly as many bytes,
 * FIRN_OBJECT_NOT_FOUND, and what `putObject` says of bodies.
 */
export async function appendObject(
  engine: Engine,
  request: PutObjectRequest,
): Promise<PutObjectResult> {
  const { key, writeOffsetBytes: offset } = request;
  checkObjectKey(key);
  const at = await findPresent(engine, request);
  // Nothing yet: the first bytes make it, unless somebody else's do.
  if (at === undefined && offset === 0)
    return await putObject(engine, { ...request, ifNoneMatch: "*" });
  if (at === undefined) throw noSuchKeyError(key);
  const { bucket: found, record: planned } = at;
  checkReadable(planned, engine.store.clock.now());
  const opened = await openSeal(engine, planned.seal, request);
  const { seal: sealed } = planned;
  const seal =
    sealed === undefined || opened === undefined ? undefined : { seal: sealed, key: opened };
  const checksum =
    request.checksum ?? (planned.checksum && { algorithm: planned.checksum.algorithm });
  const packs = isInfrequent(planned.storageClass);
  const body = await stageBody(engine, { ...request, checksum, seal, packs });
  const manifestId = newId(engine);
  const { reads, ranges } = keyReads(found, key);
  const known = planned.manifestId === undefined ? [] : [manifestKey(planned.manifestId)];
  const append = (tx: Transaction): PutObjectResult => {
    const bucket = bucketIn(engine, tx, request);
    const { space } = bucket;
    const current = headIn(tx, space, key);
    checkWriteConditions(current, request);
    if (current === undefined) throw noSuchKeyError(key);
    if (current.size !== offset || !sameSeal(current, planned)) throw offsetError(current.size);
    const before = partsIn(tx, space, current);
    if (before.length >= PARTS_MAX || current.size + body.size > PUT_BYTES_MAX) throw fullError();
    for (const { blob } of before) tx.retainBlob(blob);
    const identity = makeRoom(tx, engine, { bucket, key, current });
    const parts = [...before, ...attachPart(tx, body, before.length + 1)];
    const record = {
      ...appended(current, body, checksum?.algorithm),
      ...identity,
      lastModified: tx.now,
    };
    putHead(tx, { bucket, key, record, parts, manifestId });
    const written = { bucketName: request.bucket, bucket, key, record };
    noteWritten(tx, engine, { name: "s3:ObjectCreated:Put", ...written });
    const { etag, size } = record;
    const versionId = shownVersion(bucket, identity);
    const made = { eTag: quoted(etag), size, checksum: record.checksum, versionId };
    return { ...made, ...encryptionResult(record.seal) };
  };
  return await withBody(engine, { body, signal: request.signal }, () =>
    engine.store.transact(append, {
      reads: [
        [engine.root, bucketKey(request.bucket)],
        ...known.map((manifest) => [found.space, manifest] as const),
        ...reads,
      ],
      ranges,
    }),
  );
}

async function findPresent(
  engine: Engine,
  request: PutObjectRequest,
): Promise<FoundObject | undefined> {
  try {
    return await findObject(engine, request);
  } catch (error) {
    if (error instanceof FirnError && error.code === "FIRN_OBJECT_NOT_FOUND") return undefined;
    throw error;
  }
}

/** Whoever wrote the object anew meanwhile has other keys. */
function sameSeal({ seal: one }: ObjectRecord, { seal: other }: ObjectRecord): boolean {
  const none = new Uint8Array();
  return Buffer.compare(one?.key ?? none, other?.key ?? none) === 0;
}

function appended(
  current: ObjectRecord,
  body: StagedBody,
  algorithm: Checksum["algorithm"] | undefined,
): ObjectRecord {
  if (body.size === 0)
    return { ...current, uploadId: undefined, order: undefined, renamedBy: undefined };
  return {
    ...current,
    size: current.size + body.size,
    etag: current.size === 0 ? body.etag : hash("md5", `${current.etag}/${body.etag}`, "hex"),
    checksum: joined(current, body, algorithm),
    uploadId: undefined,
    partsCount: undefined,
    order: undefined,
    renamedBy: undefined,
  };
}

/** That of all bytes, where it follows from those of both; else none is kept. */
function joined(
  { checksum: before, size }: ObjectRecord,
  body: StagedBody,
  algorithm: Checksum["algorithm"] | undefined,
): Checksum | undefined {
  if (before?.type !== "FULL_OBJECT" || before.algorithm !== algorithm) return undefined;
  if (!isCombinable(before.algorithm) || body.checksum === undefined) return undefined;
  const digest = combineCrcs(before.algorithm, [
    { digest: Buffer.from(before.value, "base64"), size },
    { digest: Buffer.from(body.checksum, "base64"), size: body.size },
  ]);
  return { ...before, value: Buffer.from(digest).toString("base64") };
}

function offsetError(size: number): Error {
  return objectError(
    "FIRN_OBJECT_OFFSET_INVALID",
    "The write offset value that you specified does not match the current object size.",
    { detail: { size } },
  );
}

function fullError(): Error {
  return objectError(
    "FIRN_OBJECT_TOO_LARGE",
    "The object has been appended to as often, or has as many bytes, as one can.",
    { detail: { maxSizeAllowed: PUT_BYTES_MAX } },
  );
}
