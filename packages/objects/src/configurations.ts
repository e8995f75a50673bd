import { packValue, unpackValue } from "@firn/core";
import type { Transaction } from "@firn/core";
import type { BucketRequest } from "./bucket-types.ts";
import { bucketIn, bucketKey, findBucket } from "./engine.ts";
import type { Engine } from "./engine.ts";
import { throwIfAborted } from "./errors.ts";
import { configurationKey } from "./layout/key-layout.ts";
import { packBucket } from "./layout/records.ts";
import type { BucketRecord } from "./layout/records.ts";

/** Configurations of a bucket that few requests read: kept beside its record, gone with it. */

export async function readConfiguration<T>(
  engine: Engine,
  request: BucketRequest,
  name: string,
): Promise<T | undefined> {
  return await configurationOf<T>(engine, await findBucket(engine, request), name);
}

/** As `readConfiguration`, of a bucket that was found. */
export async function configurationOf<T>(
  { store }: Engine,
  { space }: BucketRecord,
  name: string,
): Promise<T | undefined> {
  const bytes = await store.get(space, configurationKey(name));
  return bytes === undefined ? undefined : unpackValue<T>(bytes);
}

export interface NewConfiguration {
  readonly name: string;
  /** `undefined`: it goes. */
  readonly value: object | undefined;
  /** What of the bucket's record changes with it. */
  readonly stamp?: ((bucket: BucketRecord, tx: Transaction) => Partial<BucketRecord>) | undefined;
  /** What else is written. */
  readonly also?: ((tx: Transaction) => void) | undefined;
}

/** Writes the configuration, or takes it away, in one transaction. */
export async function writeConfiguration(
  engine: Engine,
  request: BucketRequest,
  { name, value, stamp, also }: NewConfiguration,
): Promise<void> {
  throwIfAborted(request.signal);
  const root = bucketKey(request.bucket);
  await engine.store.transact(
    (tx) => {
      const bucket = bucketIn(engine, tx, request);
      const key = configurationKey(name);
      if (value === undefined) tx.delete(bucket.space, key);
      else tx.put(bucket.space, key, packValue(value));
      if (stamp !== undefined) {
        tx.put(engine.root, root, packBucket({ ...bucket, ...stamp(bucket, tx) }));
      }
      also?.(tx);
    },
    { reads: [[engine.root, root]] },
  );
}
