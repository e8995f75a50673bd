import type { KeySpaceId, Transaction } from "@firn/core";
import { noteLeaving } from "./monthly-use.ts";
import { noteHeld, noteReleased } from "./quota/bucket-quota.ts";
import { PARTS_INLINE_MAX } from "./constants.ts";
import { headKey, manifestKey } from "./layout/key-layout.ts";
import { packHead, packManifest, unpackManifest, unpackObject } from "./layout/records.ts";
import type { BucketRecord, ObjectPart, ObjectRecord } from "./layout/records.ts";

/** The current version of a key inside a transaction. */
export function headIn(tx: Transaction, space: KeySpaceId, key: string): ObjectRecord | undefined {
  const bytes = tx.get(space, headKey(key));
  return bytes === undefined ? undefined : unpackObject(bytes);
}

export interface NewHead {
  readonly bucket: BucketRecord;
  readonly key: string;
  /** Without parts: they are placed here. */
  readonly record: Omit<ObjectRecord, "parts" | "manifestId">;
  readonly parts: readonly ObjectPart[];
  /** 32 characters nobody else uses: the manifest's key, when the parts are many. */
  readonly manifestId?: string | undefined;
}

/**
 * Makes the record the key's current version; `makeRoom` has taken care of the one before.
 * @throws FIRN_BUCKET_QUOTA.
 */
export function putHead(tx: Transaction, head: NewHead): void {
  const { bucket, key, parts } = head;
  const { space } = bucket;
  noteHeld(tx, bucket, head.record.size);
  const manifestId = parts.length > PARTS_INLINE_MAX ? head.manifestId : undefined;
  if (manifestId !== undefined) tx.put(space, manifestKey(manifestId), packManifest(parts));
  const inline = manifestId === undefined ? parts : [];
  tx.put(space, headKey(key), packHead(head.record, { parts: inline, manifestId }));
}

export function partsIn(
  tx: Transaction,
  space: KeySpaceId,
  record: ObjectRecord,
): readonly ObjectPart[] {
  if (record.manifestId === undefined) return record.parts;
  return unpackManifest(tx.get(space, manifestKey(record.manifestId)) ?? new Uint8Array());
}

/** Gives a version's bytes back; the caller removes its record. */
export function releaseParts(tx: Transaction, bucket: BucketRecord, record: ObjectRecord): void {
  const { space } = bucket;
  noteReleased(tx, bucket, record.size);
  noteLeaving(tx, bucket, record);
  for (const part of partsIn(tx, space, record)) tx.releaseBlob(part.blob);
  if (record.manifestId !== undefined) tx.delete(space, manifestKey(record.manifestId));
}
