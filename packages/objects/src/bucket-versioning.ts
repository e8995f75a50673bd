import { bucketIn, bucketKey, findBucket } from "./engine.ts";
import type { Engine } from "./engine.ts";
import type { BucketRequest } from "./bucket-types.ts";
import { objectError } from "./errors.ts";
import { packBucket } from "./layout/records.ts";
import type { BucketVersioning, PutBucketVersioningRequest } from "./version-types.ts";

export async function putBucketVersioning(
  engine: Engine,
  request: PutBucketVersioningRequest,
): Promise<void> {
  const { status } = request;
  if (!["Enabled", "Suspended"].includes(status)) {
    throw objectError("FIRN_OBJECT_ARGUMENT_INVALID", "Versioning is Enabled or Suspended.", {
      detail: { argument: "status", value: status },
    });
  }
  await findBucket(engine, request);
  const key = bucketKey(request.bucket);
  await engine.store.transact(
    (tx) => {
      const bucket = bucketIn(engine, tx, request);
      if (bucket.lock !== undefined && status !== "Enabled") throw lockedBucketError();
      tx.put(engine.root, key, packBucket({ ...bucket, versioning: status }));
    },
    { reads: [[engine.root, key]] },
  );
}

function lockedBucketError(): Error {
  return objectError(
    "FIRN_BUCKET_STATE_INVALID",
    "An Object Lock configuration is present on this bucket, so the versioning state cannot be " +
      "changed.",
  );
}

export async function getBucketVersioning(
  engine: Engine,
  request: BucketRequest,
): Promise<BucketVersioning> {
  const { versioning } = await findBucket(engine, request);
  return { status: versioning };
}
