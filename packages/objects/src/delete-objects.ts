import { FirnError } from "@firn/core";
import type { Transaction } from "@firn/core";
import { checkWriteConditions } from "./conditions.ts";
import { DELETE_KEYS_MAX } from "./constants.ts";
import { bucketIn, bucketKey, findBucket } from "./engine.ts";
import type { Engine } from "./engine.ts";
import { objectError } from "./errors.ts";
import { headKey } from "./layout/key-layout.ts";
import type { BucketRecord } from "./layout/records.ts";
import { checkObjectKey } from "./names/object-key.ts";
import { headIn, removeHead } from "./object-heads.ts";
import type {
  DeleteObjectRequest,
  DeleteObjectsError,
  DeleteObjectsRequest,
  DeleteObjectsResult,
} from "./object-types.ts";

/** Deleting what is not there succeeds, unless `ifMatch` asks for something. */
export async function deleteObject(engine: Engine, request: DeleteObjectRequest): Promise<void> {
  const { bucket, key, ifMatch } = request;
  checkObjectKey(key);
  const { space } = await findBucket(engine, request);
  await engine.store.transact(
    (tx) => {
      deleteKey(tx, bucketIn(engine, tx, request), { key, ifMatch });
    },
    {
      reads: [
        [engine.root, bucketKey(bucket)],
        [space, headKey(key)],
      ],
    },
  );
}

/** All keys in one transaction; a key whose condition fails is reported and the others go. */
export async function deleteObjects(
  engine: Engine,
  request: DeleteObjectsRequest,
): Promise<DeleteObjectsResult> {
  const { bucket, objects } = request;
  if (objects.length === 0 || objects.length > DELETE_KEYS_MAX) {
    throw objectError("FIRN_OBJECT_ARGUMENT_INVALID", "A call deletes 1 to 1000 objects", {
      detail: { argument: "objects", value: objects.length },
    });
  }
  const { space } = await findBucket(engine, request);
  return await engine.store.transact(
    (tx) => {
      const record = bucketIn(engine, tx, request);
      const deleted: { key: string }[] = [];
      const errors: DeleteObjectsError[] = [];
      for (const { key, eTag } of objects) {
        const failed = tryDelete(tx, record, { key, ifMatch: eTag });
        if (failed === undefined) deleted.push({ key });
        else errors.push({ key, code: failed.code, message: failed.message });
      }
      return { deleted, errors };
    },
    {
      reads: [
        [engine.root, bucketKey(bucket)],
        ...objects.map(({ key }) => [space, headKey(key)] as const),
      ],
    },
  );
}

interface DeletedKey {
  readonly key: string;
  readonly ifMatch: string | undefined;
}

function tryDelete(
  tx: Transaction,
  bucket: BucketRecord,
  target: DeletedKey,
): FirnError | undefined {
  try {
    checkObjectKey(target.key);
    deleteKey(tx, bucket, target);
    return undefined;
  } catch (error) {
    if (error instanceof FirnError && error.code.startsWith("FIRN_OBJECT_")) return error;
    throw error;
  }
}

function deleteKey(tx: Transaction, { space }: BucketRecord, { key, ifMatch }: DeletedKey): void {
  const current = headIn(tx, space, key);
  checkWriteConditions(current, { ifMatch });
  if (current !== undefined) removeHead(tx, { space, key, current });
}
