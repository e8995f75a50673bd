import { addUse, daysLacking, packValue, unpackValue } from "@firn/core";
import type { MonthlyUse, Transaction, UsedAmounts } from "@firn/core";
import type { Engine } from "./engine.ts";
import { useKey } from "./layout/key-layout.ts";
import type { BucketRecord, ObjectRecord } from "./layout/records.ts";
import type { StorageClass } from "./lifecycle/storage-classes.ts";

/**
 * Deleted, overwritten or moved on before so many days, an object is billed for them all the same.
 *
 * @see https://aws.amazon.com/s3/pricing/
 */
const MINIMUM_DAYS: Partial<Record<StorageClass, number>> = {
  STANDARD_IA: 30,
  ONEZONE_IA: 30,
  GLACIER_IR: 90,
  GLACIER: 90,
  DEEP_ARCHIVE: 180,
};

/** What buckets that are gone were used for, kept for their owner's bill. */
export function pastUseKey(owner: string, region: string): Uint8Array {
  return Buffer.from(`u${owner}\u0000${region}`);
}

/** The owner and region of a `pastUseKey`. */
export function pastUseOf(key: Uint8Array): {
  readonly accountId: string;
  readonly region: string;
} {
  const [accountId = "", region = ""] = Buffer.from(key).toString().slice(1).split("\u0000");
  return { accountId, region };
}

/**
 * Counts what is billed beside what is kept, in the transaction that it is about: never lost, never
 * twice. Each bucket has a record of its own, so that buckets never wait for one another.
 */
export function noteUse(
  tx: Transaction,
  { space }: BucketRecord,
  added: Readonly<Record<string, Partial<UsedAmounts>>>,
): void {
  const before = tx.get(space, useKey());
  const use = addUse(before && unpackValue<MonthlyUse>(before), tx.now, added);
  tx.put(space, useKey(), packValue(use));
}

/** The version leaves its class: what it lacks to the least time there is owed. */
export function noteLeaving(
  tx: Transaction,
  bucket: BucketRecord,
  {
    storageClass,
    lastModified,
    size,
  }: Pick<ObjectRecord, "storageClass" | "lastModified" | "size">,
): void {
  const days = MINIMUM_DAYS[storageClass];
  if (days === undefined || size === 0) return;
  const lacking = daysLacking(days, lastModified, tx.now);
  if (lacking === 0) return;
  noteUse(tx, bucket, { [`storage ${storageClass}`]: { owedByteDays: size * lacking } });
}

/** A lifecycle moves the version on. */
export function noteTransition(
  tx: Transaction,
  bucket: BucketRecord,
  { record, to }: { readonly record: ObjectRecord; readonly to: StorageClass },
): void {
  noteLeaving(tx, bucket, record);
  noteUse(tx, bucket, { [`requests transition ${to}`]: { count: 1 } });
}

/** The bucket goes; its months stay on its owner's bill. */
export function keepUse(tx: Transaction, engine: Engine, bucket: BucketRecord): void {
  const bytes = tx.get(bucket.space, useKey());
  if (bytes === undefined) return;
  const key = pastUseKey(bucket.owner, bucket.region);
  const before = tx.get(engine.root, key);
  let kept = before && unpackValue<MonthlyUse>(before);
  for (const [month, items] of Object.entries(unpackValue<MonthlyUse>(bytes))) {
    kept = addUse(kept, Date.parse(`${month}-01T00:00:00Z`), items);
  }
  tx.put(engine.root, key, packValue(kept ?? {}));
}
