import { packValue, prefixEnd, unpackValue } from "@firn/core";
import type { ReadView, Transaction } from "@firn/core";
import type { BucketRequest } from "../bucket-types.ts";
import { bucketIn, bucketKey, findBucket } from "../engine.ts";
import type { Engine } from "../engine.ts";
import { objectError, throwIfAborted } from "../errors.ts";
import { headKeys, quotaKey, versionKeys } from "../layout/key-layout.ts";
import { isDeleteMarker, packBucket, unpackVersion } from "../layout/records.ts";
import type { BucketRecord } from "../layout/records.ts";
import type { BucketQuota, PutBucketQuotaRequest, QuotaLimits } from "./quota-types.ts";

/**
 * What a bucket with a quota holds is counted in a record beside its objects, by the transactions
 * that change it; other buckets pay nothing for that. Counting begins while others write: first
 * every change is noted, from nothing on; then a view tells what is there and what of that was
 * noted already; the difference is added, and only then limits hold.
 */

/** What is held, or what has changed of it: less than nothing while it is being counted. */
interface Held {
  readonly bytes: number;
  readonly objects: number;
}

const NOTHING: Held = { bytes: 0, objects: 0 };

/** @throws FIRN_OBJECT_ARGUMENT_INVALID. Costs a scan of the bucket where nothing was counted. */
export async function putBucketQuota(
  engine: Engine,
  request: PutBucketQuotaRequest,
): Promise<void> {
  throwIfAborted(request.signal);
  const { bytesMax, objectsMax } = request;
  for (const [argument, value] of Object.entries({ bytesMax, objectsMax })) {
    if (value === undefined || (Number.isSafeInteger(value) && value >= 0)) continue;
    const detail = { argument, value };
    throw objectError("FIRN_OBJECT_ARGUMENT_INVALID", "A quota is a whole number", { detail });
  }
  const { quota } = await findBucket(engine, request);
  const limits = { bytesMax, objectsMax };
  if (quota === undefined || quota.isCounting === true) {
    await change(engine, request, () => ({ isCounting: true }));
    const { space } = await findBucket(engine, request);
    using view = engine.store.view();
    const there = await countIn(view, space);
    const noted = heldOf(await view.get(space, quotaKey()));
    const missing = difference(there, noted);
    await change(engine, request, (tx, bucket) => {
      // Deleted and made again meanwhile: the count was another bucket's.
      if (bucket.space === space) put(tx, bucket, sum(heldIn(tx, bucket), missing));
      return bucket.space === space ? limits : { isCounting: true };
    });
  } else await change(engine, request, () => limits);
}

/** No error when there is none. */
export async function deleteBucketQuota(engine: Engine, request: BucketRequest): Promise<void> {
  await change(engine, request, (tx, bucket) => {
    tx.delete(bucket.space, quotaKey());
    return undefined;
  });
}

/** `undefined`: it has none, or is being counted. */
export async function getBucketQuota(
  engine: Engine,
  request: BucketRequest,
): Promise<BucketQuota | undefined> {
  const { quota, space } = await findBucket(engine, request);
  if (quota === undefined || quota.isCounting === true) return undefined;
  const held = heldOf(await engine.store.get(space, quotaKey()));
  const { bytesMax, objectsMax } = quota;
  return { bytesMax, objectsMax, ...held };
}

/**
 * Notes that a version of so many bytes has come. @throws FIRN_BUCKET_QUOTA.
 */
export function noteHeld(tx: Transaction, bucket: BucketRecord, bytes: number): void {
  const { quota } = bucket;
  if (quota === undefined) return;
  const held = sum(heldIn(tx, bucket), { bytes, objects: 1 });
  const { bytesMax = Infinity, objectsMax = Infinity } = quota;
  const isOver = held.bytes > bytesMax || held.objects > objectsMax;
  if (quota.isCounting !== true && isOver) {
    throw objectError("FIRN_BUCKET_QUOTA", "The quota of the bucket is exceeded.", {
      detail: { bytesMax: quota.bytesMax, objectsMax: quota.objectsMax },
    });
  }
  put(tx, bucket, held);
}

/** Notes that a version of so many bytes has gone. */
export function noteReleased(tx: Transaction, bucket: BucketRecord, bytes: number): void {
  if (bucket.quota === undefined) return;
  put(tx, bucket, difference(heldIn(tx, bucket), { bytes, objects: 1 }));
}

async function countIn(view: ReadView, space: BucketRecord["space"]): Promise<Held> {
  let [bytes, objects] = [0, 0];
  for (const keys of [headKeys, versionKeys]) {
    const gte = keys.prefix("");
    for await (const { value } of view.range(space, { gte, lt: prefixEnd(gte) })) {
      const record = unpackVersion(value);
      if (isDeleteMarker(record)) continue;
      bytes += record.size;
      objects++;
    }
  }
  return { bytes, objects };
}

async function change(
  engine: Engine,
  request: BucketRequest,
  act: (
    tx: Transaction,
    bucket: BucketRecord,
  ) => (QuotaLimits & { readonly isCounting?: true | undefined }) | undefined,
): Promise<void> {
  const key = bucketKey(request.bucket);
  await engine.store.transact(
    (tx) => {
      const bucket = bucketIn(engine, tx, request);
      tx.put(engine.root, key, packBucket({ ...bucket, quota: act(tx, bucket) }));
    },
    { reads: [[engine.root, key]] },
  );
}

function heldIn(tx: Transaction, { space }: BucketRecord): Held {
  return heldOf(tx.get(space, quotaKey()));
}

function heldOf(bytes: Uint8Array | undefined): Held {
  return bytes === undefined ? NOTHING : unpackValue<Held>(bytes);
}

function put(tx: Transaction, { space }: BucketRecord, held: Held): void {
  tx.put(space, quotaKey(), packValue(held));
}

function sum(one: Held, other: Held): Held {
  return { bytes: one.bytes + other.bytes, objects: one.objects + other.objects };
}

function difference(one: Held, other: Held): Held {
  return { bytes: one.bytes - other.bytes, objects: one.objects - other.objects };
}
