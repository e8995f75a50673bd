import type { Transaction } from "@firn/core";
import type { BucketRequest } from "../bucket-types.ts";
import { bucketIn, bucketKey, findBucket } from "../engine.ts";
import type { Engine } from "../engine.ts";
import { objectError, throwIfAborted } from "../errors.ts";
import { quotaKey } from "../layout/key-layout.ts";
import { packBucket } from "../layout/records.ts";
import type { BucketRecord } from "../layout/records.ts";
import { noteInAccount } from "./account-held.ts";
import { countHeld, difference, heldIn, heldOf, isOver, putHeld, sum } from "./held.ts";
import type { Held } from "./held.ts";
import type { BucketQuota, PutBucketQuotaRequest, QuotaLimits } from "./quota-types.ts";

/**
 * What a bucket with a quota holds is counted in a record beside its objects, by the transactions
 * that change it; other buckets pay nothing for that. Counting begins while others write: first
 * every change is noted, from nothing on; then a view tells what is there and what of that was
 * noted already; the difference is added, and only then limits hold. Counts are begun and ended in
 * turns: two at once would each add what is there.
 */

/** @throws FIRN_OBJECT_ARGUMENT_INVALID. Costs a scan of the bucket where nothing was counted. */
export async function putBucketQuota(
  engine: Engine,
  request: PutBucketQuotaRequest,
): Promise<void> {
  throwIfAborted(request.signal);
  const limits = checkLimits(request);
  await engine.quotaTurns.take(() =>
    settleQuota(engine, request, (_tx, { quota }) => {
      const account = quota?.account;
      return account === undefined ? limits : { ...limits, account };
    }),
  );
}

/** @throws FIRN_OBJECT_ARGUMENT_INVALID. */
export function checkLimits({ bytesMax, objectsMax }: QuotaLimits): QuotaLimits {
  for (const [argument, value] of Object.entries({ bytesMax, objectsMax })) {
    if (value === undefined || (Number.isSafeInteger(value) && value >= 0)) continue;
    const detail = { argument, value };
    throw objectError("FIRN_OBJECT_ARGUMENT_INVALID", "A quota is a whole number", { detail });
  }
  return { bytesMax, objectsMax };
}

/** No error when there is none. */
export async function deleteBucketQuota(engine: Engine, request: BucketRequest): Promise<void> {
  throwIfAborted(request.signal);
  await engine.quotaTurns.take(() =>
    changeQuota(engine, request, (tx, bucket) => {
      const account = bucket.quota?.account;
      if (account !== undefined) return { account, accountOnly: true };
      tx.delete(bucket.space, quotaKey());
      return undefined;
    }),
  );
}

/** `undefined`: it has none, or is being counted. */
export async function getBucketQuota(
  engine: Engine,
  request: BucketRequest,
): Promise<BucketQuota | undefined> {
  const { quota, space } = await findBucket(engine, request);
  if (quota === undefined || quota.isCounting === true) return undefined;
  if (quota.accountOnly === true) return undefined;
  const held = heldOf(await engine.store.get(space, quotaKey()));
  const { bytesMax, objectsMax } = quota;
  return { bytesMax, objectsMax, ...held };
}

/**
 * Notes that a version of so many bytes has come. @throws FIRN_BUCKET_QUOTA, FIRN_ACCOUNT_QUOTA.
 */
export function noteHeld(tx: Transaction, bucket: BucketRecord, bytes: number): void {
  if (bucket.quota !== undefined) noteMore(tx, bucket, { bytes, objects: 1 });
}

/** As `noteHeld`, of several at once, in a bucket whose objects are counted. */
export function noteMore(tx: Transaction, bucket: BucketRecord, more: Held): void {
  const { quota } = bucket;
  if (quota === undefined) return;
  const held = sum(heldIn(tx, bucket), more);
  if (quota.isCounting !== true && isOver(held, quota)) {
    throw objectError("FIRN_BUCKET_QUOTA", "The quota of the bucket is exceeded.", {
      detail: { bytesMax: quota.bytesMax, objectsMax: quota.objectsMax },
    });
  }
  putHeld(tx, bucket, held);
  if (quota.account !== undefined) noteInAccount(tx, { ...quota.account, more });
}

/** Notes that a version of so many bytes has gone. */
export function noteReleased(tx: Transaction, bucket: BucketRecord, bytes: number): void {
  const { quota } = bucket;
  if (quota === undefined) return;
  putHeld(tx, bucket, difference(heldIn(tx, bucket), { bytes, objects: 1 }));
  const more = { bytes: -bytes, objects: -1 };
  if (quota.account !== undefined) noteInAccount(tx, { ...quota.account, more });
}

type Settled = (tx: Transaction, bucket: BucketRecord, held: Held) => BucketRecord["quota"];

/**
 * Gives a bucket the quota that `settle` says, knowing what the bucket holds; where nothing was
 * counted it is counted first. In its turn only.
 */
export async function settleQuota(
  engine: Engine,
  request: BucketRequest,
  settle: Settled,
): Promise<void> {
  const { quota } = await findBucket(engine, request);
  if (quota !== undefined && quota.isCounting !== true) {
    await changeQuota(engine, request, (tx, bucket) => settle(tx, bucket, heldIn(tx, bucket)));
    return;
  }
  // A bucket that was made by now of an account with a quota is counted from its beginning.
  const begin: Change = (_tx, bucket) => counted(bucket) ?? { isCounting: true };
  await changeQuota(engine, request, begin);
  const { space, quota: begun } = await findBucket(engine, request);
  if (begun?.isCounting !== true) return await settleQuota(engine, request, settle);
  using view = engine.store.view();
  const there = await countHeld(view, space);
  const missing = difference(there, heldOf(await view.get(space, quotaKey())));
  let isSame = true;
  await changeQuota(engine, request, (tx, bucket) => {
    // Deleted and made again meanwhile: the count was another bucket's.
    isSame = bucket.space === space;
    if (!isSame) return bucket.quota;
    const held = sum(heldIn(tx, bucket), missing);
    putHeld(tx, bucket, held);
    return settle(tx, bucket, held);
  });
  if (!isSame) await settleQuota(engine, request, settle);
}

function counted({ quota }: BucketRecord): BucketRecord["quota"] {
  return quota?.isCounting === true ? undefined : quota;
}

type Change = (tx: Transaction, bucket: BucketRecord) => BucketRecord["quota"];

export async function changeQuota(
  engine: Engine,
  request: BucketRequest,
  act: Change,
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
