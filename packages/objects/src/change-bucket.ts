import type { BucketRequest } from "./bucket-types.ts";
import { bucketIn, bucketKey } from "./engine.ts";
import type { Engine } from "./engine.ts";
import { throwIfAborted } from "./errors.ts";
import { packBucket } from "./layout/records.ts";
import type { BucketRecord } from "./layout/records.ts";

/** Writes the bucket's record anew, in one transaction. @throws what `change` throws. */
export async function changeBucket(
  engine: Engine,
  request: BucketRequest,
  change: (bucket: BucketRecord) => BucketRecord,
): Promise<void> {
  throwIfAborted(request.signal);
  const key = bucketKey(request.bucket);
  await engine.store.transact(
    (tx) => {
      tx.put(engine.root, key, packBucket(change(bucketIn(engine, tx, request))));
    },
    { reads: [[engine.root, key]] },
  );
}
