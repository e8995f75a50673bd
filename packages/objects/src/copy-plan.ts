import { FirnError } from "@firn/core";
import type { CheckedAttributes } from "./attributes.ts";
import { stageBody } from "./body/stage-body.ts";
import type { StagedBody } from "./body/stage-body.ts";
import type { BucketRequest } from "./bucket-types.ts";
import { checkCopySource, quoted } from "./conditions.ts";
import { PUT_BYTES_MAX } from "./constants.ts";
import { hiddenEtag, hidesDigest, makeSeal, openSeal } from "./encryption/seals.ts";
import type { OpenSeal } from "./encryption/seals.ts";
import type { Engine } from "./engine.ts";
import { objectError } from "./errors.ts";
import { findObject } from "./find-object.ts";
import type { FoundObject } from "./find-object.ts";
import { getObject, partsOf } from "./get-object.ts";
import type { BucketRecord, ObjectRecord } from "./layout/records.ts";
import { checkReadable } from "./lifecycle/restore.ts";
import { isInfrequent } from "./lifecycle/storage-classes.ts";
import type { LockFields } from "./lock/lock-rules.ts";
import type { ChecksumRequest, CopyObjectRequest } from "./object-types.ts";
import { stagePacked } from "./packing/stage-packed.ts";
import type { StagedPacks } from "./packing/stage-packed.ts";

/** What is done of a copy before its transaction. */
export interface CopyPlan {
  readonly source: BucketRecord;
  readonly target: BucketRecord;
  readonly attributes: CheckedAttributes;
  readonly lock: LockFields;
  /** The source that it was planned for. */
  readonly original: ObjectRecord;
  /** The copy's own bytes; `undefined`: it shares the source's. */
  readonly body: StagedBody | undefined;
  /** What takes the place of shared blobs in a class whose objects are packed. */
  readonly packs: StagedPacks | undefined;
  /** What the copy has instead of the source's. */
  readonly changes: Partial<ObjectRecord>;
}

type CopiedInto = Pick<CopyPlan, "source" | "target" | "attributes" | "lock">;

/**
 * Blobs are shared when both objects are plain, or both are encrypted: blobs have keys of their
 * own, and the copy's seal then wraps the same object's key. Else the bytes are read and written,
 * and where an ETag has to become the MD5 that it was not, or a checksum is wanted that is not
 * there.
 *
 * @throws what reading the source does.
 */
export async function planCopy(
  engine: Engine,
  request: CopyObjectRequest,
  into: CopiedInto,
): Promise<CopyPlan> {
  const found = await findSource(engine, request);
  const { record: original } = found;
  const sourceKey = { sseCustomerKey: request.copySourceSSECustomerKey };
  checkCopySource(original, request.copySource ?? {});
  checkReadable(original, engine.store.clock.now());
  const key = await openSeal(engine, original.seal, sourceKey);
  const seal = await makeSeal(engine, { request, bucket: into.target }, key);
  const plan = { ...into, original };
  if (mustRewrite(request, { original, seal })) {
    const { attributes } = into;
    const copy = await rewritten(engine, request, { original, seal, attributes });
    return { ...plan, packs: undefined, ...copy };
  }
  const etag =
    seal !== undefined && hidesDigest(seal.seal) ? hiddenEtag(seal, original.etag) : original.etag;
  const packs = isInfrequent(into.attributes.storageClass)
    ? await stagePacked(engine, original, await partsOf(engine, found), key)
    : undefined;
  return { ...plan, body: undefined, packs, changes: { seal: seal?.seal, etag } };
}

async function findSource(engine: Engine, request: CopyObjectRequest): Promise<FoundObject> {
  try {
    return await findObject(engine, sourceOf(request));
  } catch (error) {
    if (error instanceof FirnError && error.code === "FIRN_OBJECT_DELETE_MARKER") {
      throw copiedMarkerError();
    }
    throw error;
  }
}

export function copiedMarkerError(): Error {
  return objectError(
    "FIRN_OBJECT_REQUEST_INVALID",
    "The source of a copy request may not specifically refer to a delete marker by version id.",
  );
}

/** Whether the plan is about this object: its bytes, its ETag and its seal. */
export function isPlannedFor({ original }: CopyPlan, now: ObjectRecord): boolean {
  const sameSeal = Buffer.compare(sealKey(original), sealKey(now)) === 0;
  return sameSeal && original.etag === now.etag && original.size === now.size;
}

function sealKey({ seal }: ObjectRecord): Uint8Array {
  return seal?.key ?? new Uint8Array();
}

export function sourceBucketOf(request: CopyObjectRequest): BucketRequest {
  const { sourceBucket, expectedSourceBucketOwner, signal } = request;
  return { bucket: sourceBucket, expectedBucketOwner: expectedSourceBucketOwner, signal };
}

interface Copied {
  readonly original: ObjectRecord;
  readonly seal: OpenSeal | undefined;
}

function mustRewrite(request: CopyObjectRequest, { original, seal }: Copied): boolean {
  const { checksumAlgorithm: algorithm } = request;
  if (algorithm !== undefined && algorithm !== original.checksum?.algorithm) return true;
  if ((original.seal === undefined) !== (seal === undefined)) return true;
  return hidesDigest(original.seal) && !hidesDigest(seal?.seal);
}

async function rewritten(
  engine: Engine,
  request: CopyObjectRequest,
  { original, seal, attributes }: Copied & Pick<CopyPlan, "attributes">,
): Promise<Pick<CopyPlan, "body" | "changes">> {
  const { signal, checksumAlgorithm } = request;
  if (original.size > PUT_BYTES_MAX) throw sourceTooLargeError();
  const source = await getObject(engine, {
    ...sourceOf(request),
    sseCustomerKey: request.copySourceSSECustomerKey,
    // The object that was planned for, or none.
    ifMatch: quoted(original.etag),
  });
  const algorithm = checksumAlgorithm ?? original.checksum?.algorithm;
  const checksum: ChecksumRequest | undefined = algorithm && { algorithm };
  const { body: bytes, contentLength } = source;
  const packs = isInfrequent(attributes.storageClass);
  const staging = { body: bytes, contentLength, checksum, seal, signal, packs };
  const body = await stageBody(engine, staging);
  const { etag, size, checksum: value } = body;
  return {
    body,
    changes: {
      seal: seal?.seal,
      etag,
      size,
      checksum: algorithm && value ? { algorithm, type: "FULL_OBJECT", value } : undefined,
      partsCount: undefined,
    },
  };
}

function sourceOf(request: CopyObjectRequest): Parameters<typeof findObject>[1] {
  const { sourceKey: key, sourceVersionId: versionId } = request;
  return { ...sourceBucketOf(request), key, versionId };
}

function sourceTooLargeError(): Error {
  return objectError(
    "FIRN_OBJECT_REQUEST_INVALID",
    "The specified copy source is larger than the maximum allowable size for a copy source: " +
      `${PUT_BYTES_MAX}`,
  );
}
