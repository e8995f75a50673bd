import { packValue, prefixEnd, unpackValue } from "@firn/core";
import type { ReadView, Transaction } from "@firn/core";
import { headKeys, quotaKey, versionKeys } from "../layout/key-layout.ts";
import { isDeleteMarker, unpackVersion } from "../layout/records.ts";
import type { BucketRecord } from "../layout/records.ts";
import type { QuotaLimits } from "./quota-types.ts";

/** What is held, or what has changed of it: less than nothing while it is being counted. */
export interface Held {
  readonly bytes: number;
  readonly objects: number;
}

export const NOTHING: Held = { bytes: 0, objects: 0 };

export function sum(one: Held, other: Held): Held {
  return { bytes: one.bytes + other.bytes, objects: one.objects + other.objects };
}

export function difference(one: Held, other: Held): Held {
  return { bytes: one.bytes - other.bytes, objects: one.objects - other.objects };
}

export function isOver(held: Held, { bytesMax, objectsMax }: QuotaLimits): boolean {
  return held.bytes > (bytesMax ?? Infinity) || held.objects > (objectsMax ?? Infinity);
}

/** What is noted of a bucket. */
export function heldIn(tx: Transaction, { space }: BucketRecord): Held {
  return heldOf(tx.get(space, quotaKey()));
}

export function heldOf(bytes: Uint8Array | undefined): Held {
  return bytes === undefined ? NOTHING : unpackValue<Held>(bytes);
}

export function putHeld(tx: Transaction, { space }: BucketRecord, held: Held): void {
  tx.put(space, quotaKey(), packValue(held));
}

/** What is there, one by one. */
export async function countHeld(view: ReadView, space: BucketRecord["space"]): Promise<Held> {
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
