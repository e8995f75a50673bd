import type { Transaction } from "@firn/core";
import { checkAttributes } from "./attributes.ts";
import { stageBody, withBody } from "./body/stage-body.ts";
import type { StagedBody } from "./body/stage-body.ts";
import type { Checksum } from "./checksum/checksum.ts";
import { checkWriteConditions, quoted } from "./conditions.ts";
import { encryptionResult, makeSeal } from "./encryption/seals.ts";
import { bucketIn, bucketKey, findBucket } from "./engine.ts";
import type { Engine } from "./engine.ts";
import { noticeOf } from "./lifecycle/lifecycle-configuration.ts";
import { isInfrequent } from "./lifecycle/storage-classes.ts";
import { checkLockRequest, newLock } from "./lock/lock-rules.ts";
import type { ObjectPart } from "./layout/records.ts";
import { noteWritten } from "./notifications/outbox.ts";
import { checkObjectKey } from "./names/object-key.ts";
import { headIn, putHead } from "./object-heads.ts";
import type { PutObjectRequest, PutObjectResult } from "./object-types.ts";
import { keyReads, makeRoom, shownVersion } from "./object-versions.ts";

/**
 * The bytes are written and synced first, under no name. One transaction then decides the
 * conditions upon the newest state, names the bytes, and keeps or lets go of those that were there.
 */
export async function putObject(
  engine: Engine,
  request: PutObjectRequest,
): Promise<PutObjectResult> {
  checkObjectKey(request.key);
  const attributes = checkAttributes(request);
  const lock = checkLockRequest(request, engine.store.clock.now());
  const found = await findBucket(engine, request);
  const seal = await makeSeal(engine, { request, bucket: found });
  const packs = isInfrequent(attributes.storageClass);
  const { checksum: requested, key, signal } = request;
  const body = await stageBody(engine, {
    body: request.body,
    contentLength: request.contentLength,
    contentMD5: request.contentMD5,
    checksum: requested,
    signal,
    seal,
    packs,
  });
  const checksum: Checksum | undefined =
    requested === undefined || body.checksum === undefined
      ? undefined
      : { algorithm: requested.algorithm, type: "FULL_OBJECT", value: body.checksum };
  const { etag, size } = body;
  const { reads, ranges } = keyReads(found, key);
  const decide = (tx: Transaction): Decided => {
    const bucket = bucketIn(engine, tx, request);
    const { space } = bucket;
    const current = headIn(tx, space, key);
    checkWriteConditions(current, request);
    const identity = makeRoom(tx, engine, { bucket, key, current });
    const locked = newLock(bucket, lock, tx.now);
    // Each field by its name: spread, they would cost more than the rest of the transaction.
    const record = {
      versionId: identity.versionId,
      order: identity.order,
      lastModified: tx.now,
      size,
      etag,
      storageClass: attributes.storageClass,
      headers: attributes.headers,
      metadata: attributes.metadata,
      websiteRedirect: attributes.websiteRedirect,
      tags: attributes.tags,
      owner: attributes.owner,
      acl: attributes.acl,
      checksum,
      seal: seal?.seal,
      retention: locked?.retention,
      legalHold: locked?.legalHold,
    };
    const parts = attachPart(tx, body);
    putHead(tx, { bucket, key, record, parts });
    const name = request.postedByForm === true ? POSTED : "s3:ObjectCreated:Put";
    noteWritten(tx, engine, { name, bucketName: request.bucket, bucket, key, record });
    return { versionId: shownVersion(bucket, identity), lastModified: tx.now };
  };
  const fetched = { reads: [[engine.root, bucketKey(request.bucket)] as const, ...reads], ranges };
  const { versionId, lastModified } = await withBody(engine, { body, signal }, () =>
    engine.store.transact(decide, fetched),
  );
  const written = { size, lastModified, tags: attributes.tags };
  const expiration = await noticeOf(engine, found, { key, record: written });
  const made = { eTag: quoted(etag), size, checksum, versionId, expiration };
  return seal === undefined ? made : { ...made, ...encryptionResult(seal.seal) };
}

const POSTED = "s3:ObjectCreated:Post";

interface Decided {
  readonly versionId: string | undefined;
  /** Milliseconds since 1970 UTC. */
  readonly lastModified: number;
}

/** The one part of an object of one piece; none of an empty one. */
export function attachPart(
  tx: Transaction,
  { staged, size, key, packed }: StagedBody,
  number = 1,
): ObjectPart[] {
  if (staged === undefined) return [];
  return [{ number, blob: tx.attachBlob(staged), size, key, packed }];
}
