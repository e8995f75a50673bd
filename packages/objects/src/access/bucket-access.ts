import { packValue, unpackValue, whenThere } from "@firn/core";
import type { Soon, Transaction } from "@firn/core";
import type { BucketRequest } from "../bucket-types.ts";
import { changeBucket } from "../change-bucket.ts";
import { CORS_RULES_MAX, GRANTS_MAX, POLICY_BYTES_MAX } from "../constants.ts";
import { bucketIn, bucketKey, findBucket } from "../engine.ts";
import type { Engine } from "../engine.ts";
import { objectError, throwIfAborted } from "../errors.ts";
import type { ObjectErrorCode } from "../errors.ts";
import { configurationKey } from "../layout/key-layout.ts";
import { packBucket } from "../layout/records.ts";
import type { BucketRecord } from "../layout/records.ts";
import type {
  Acl,
  BucketAccess,
  BucketPolicy,
  CorsRule,
  ObjectOwnership,
  PublicAccessBlock,
  PutBucketAclRequest,
  PutBucketCorsRequest,
  PutBucketOwnershipControlsRequest,
  PutBucketPolicyRequest,
  PutPublicAccessBlockRequest,
} from "./access-types.ts";

/** Nothing gets out: what S3 gives every new bucket. */
export const CLOSED: PublicAccessBlock = {
  blockPublicAcls: true,
  ignorePublicAcls: true,
  blockPublicPolicy: true,
  restrictPublicBuckets: true,
};

export function getBucketAccess(engine: Engine, request: BucketRequest): Soon<BucketAccess> {
  return whenThere(findBucket(engine, request), accessOf);
}

function accessOf(bucket: BucketRecord): BucketAccess {
  const { owner, region, acl, requesterPays, space, policyLsn, corsLsn } = bucket;
  return {
    owner,
    region,
    acl,
    requesterPays,
    objectOwnership: ownershipOf(bucket),
    publicAccessBlock: publicAccessBlockOf(bucket),
    policyStamp: policyLsn === undefined ? undefined : `${space}/${policyLsn}`,
    corsStamp: corsLsn === undefined ? undefined : `${space}/${corsLsn}`,
  };
}

/** Buckets of before there were lists are their owner's alone, as they were then. */
function ownershipOf({ objectOwnership }: BucketRecord): ObjectOwnership | undefined {
  if (objectOwnership === undefined) return "BucketOwnerEnforced";
  return objectOwnership === "none" ? undefined : objectOwnership;
}

function publicAccessBlockOf({ publicAccessBlock }: BucketRecord): PublicAccessBlock | undefined {
  return publicAccessBlock === undefined ? CLOSED : (publicAccessBlock ?? undefined);
}

export async function putBucketAcl(engine: Engine, request: PutBucketAclRequest): Promise<void> {
  const acl = checkAcl(request.acl);
  await changeBucket(engine, request, (bucket) => ({ ...bucket, acl }));
}

/** @throws FIRN_OBJECT_ARGUMENT_INVALID for more than 100 grants. */
export function checkAcl(acl: Acl): Acl {
  if (acl.length <= GRANTS_MAX) return acl;
  throw objectError("FIRN_OBJECT_ARGUMENT_INVALID", "A list has at most 100 grants", {
    detail: { argument: "acl", value: acl.length },
  });
}

/** @throws FIRN_BUCKET_OWNERSHIP_NOT_FOUND. */
export async function getBucketOwnershipControls(
  engine: Engine,
  request: BucketRequest,
): Promise<ObjectOwnership> {
  const found = ownershipOf(await findBucket(engine, request));
  if (found !== undefined) return found;
  throw notFound(
    request,
    "FIRN_BUCKET_OWNERSHIP_NOT_FOUND",
    "The bucket ownership controls were not found",
  );
}

export async function putBucketOwnershipControls(
  engine: Engine,
  request: PutBucketOwnershipControlsRequest,
): Promise<void> {
  const { objectOwnership } = request;
  await changeBucket(engine, request, (bucket) => ({ ...bucket, objectOwnership }));
}

export async function deleteBucketOwnershipControls(
  engine: Engine,
  request: BucketRequest,
): Promise<void> {
  await changeBucket(engine, request, (bucket) => ({ ...bucket, objectOwnership: "none" }));
}

/** @throws FIRN_BUCKET_ACCESS_BLOCK_NOT_FOUND. */
export async function getPublicAccessBlock(
  engine: Engine,
  request: BucketRequest,
): Promise<PublicAccessBlock> {
  const found = publicAccessBlockOf(await findBucket(engine, request));
  if (found !== undefined) return found;
  const text = "The public access block configuration was not found";
  throw notFound(request, "FIRN_BUCKET_ACCESS_BLOCK_NOT_FOUND", text);
}

export async function putPublicAccessBlock(
  engine: Engine,
  request: PutPublicAccessBlockRequest,
): Promise<void> {
  const { publicAccessBlock } = request;
  await changeBucket(engine, request, (bucket) => ({ ...bucket, publicAccessBlock }));
}

export async function deletePublicAccessBlock(
  engine: Engine,
  request: BucketRequest,
): Promise<void> {
  await changeBucket(engine, request, (bucket) => ({ ...bucket, publicAccessBlock: null }));
}

/** @throws FIRN_BUCKET_POLICY_NOT_FOUND. */
export async function getBucketPolicy(
  engine: Engine,
  request: BucketRequest,
): Promise<BucketPolicy> {
  const found = await readDocument<BucketPolicy>(engine, request, "policy");
  if (found !== undefined) return found;
  throw notFound(request, "FIRN_BUCKET_POLICY_NOT_FOUND", "The bucket policy does not exist");
}

export async function putBucketPolicy(
  engine: Engine,
  request: PutBucketPolicyRequest,
): Promise<void> {
  const { policy, confirmed = false } = request;
  if (Buffer.byteLength(policy) > POLICY_BYTES_MAX) {
    throw objectError("FIRN_OBJECT_ARGUMENT_INVALID", "A policy has at most 20 KiB", {
      detail: { argument: "policy", value: Buffer.byteLength(policy) },
    });
  }
  const kept: BucketPolicy = { policy, confirmed };
  await writeDocument(engine, request, { name: "policy", value: kept });
}

/** No error when there is none. */
export async function deleteBucketPolicy(engine: Engine, request: BucketRequest): Promise<void> {
  await writeDocument(engine, request, { name: "policy", value: undefined });
}

/** @throws FIRN_BUCKET_CORS_NOT_FOUND. */
export async function getBucketCors(
  engine: Engine,
  request: BucketRequest,
): Promise<readonly CorsRule[]> {
  const found = await readDocument<readonly CorsRule[]>(engine, request, "cors");
  if (found !== undefined) return found;
  throw notFound(request, "FIRN_BUCKET_CORS_NOT_FOUND", "The CORS configuration does not exist");
}

export async function putBucketCors(engine: Engine, request: PutBucketCorsRequest): Promise<void> {
  const { rules } = request;
  if (rules.length === 0 || rules.length > CORS_RULES_MAX) {
    throw objectError("FIRN_OBJECT_ARGUMENT_INVALID", "A configuration has 1 to 100 rules", {
      detail: { argument: "rules", value: rules.length },
    });
  }
  await writeDocument(engine, request, { name: "cors", value: rules });
}

/** No error when there is none. */
export async function deleteBucketCors(engine: Engine, request: BucketRequest): Promise<void> {
  await writeDocument(engine, request, { name: "cors", value: undefined });
}

/** Documents that are read for few requests lie apart from the record that all requests read. */
type DocumentName = "policy" | "cors";

async function readDocument<T>(
  engine: Engine,
  request: BucketRequest,
  name: DocumentName,
): Promise<T | undefined> {
  const { space } = await findBucket(engine, request);
  const bytes = await engine.store.get(space, configurationKey(name));
  return bytes === undefined ? undefined : unpackValue<T>(bytes);
}

interface NewDocument {
  readonly name: DocumentName;
  /** `undefined`: it goes. */
  readonly value: BucketPolicy | readonly CorsRule[] | undefined;
}

/** The record tells that there is one, and which: whoever has read it need not look again. */
async function writeDocument(
  engine: Engine,
  request: BucketRequest,
  { name, value }: NewDocument,
): Promise<void> {
  throwIfAborted(request.signal);
  const key = bucketKey(request.bucket);
  await engine.store.transact(
    (tx) => {
      const bucket = bucketIn(engine, tx, request);
      const lsn = value === undefined ? undefined : tx.lsn;
      const stamp = name === "policy" ? { policyLsn: lsn } : { corsLsn: lsn };
      tx.put(engine.root, key, packBucket({ ...bucket, ...stamp }));
      place(tx, bucket, { name, value });
    },
    { reads: [[engine.root, key]] },
  );
}

function place(tx: Transaction, { space }: BucketRecord, { name, value }: NewDocument): void {
  const key = configurationKey(name);
  if (value === undefined) tx.delete(space, key);
  else tx.put(space, key, packValue(value));
}

function notFound({ bucket }: BucketRequest, code: ObjectErrorCode, message: string): Error {
  return objectError(code, message, { detail: { bucket } });
}
