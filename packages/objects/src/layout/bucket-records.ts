import { unpackBucket } from "./records.ts";
import type { BucketRecord } from "./records.ts";

/** Buckets whose record is kept decoded: 1 KiB each, as a rule. */
const KEPT_MAX = 1000;

interface Kept {
  readonly bytes: Uint8Array;
  readonly record: BucketRecord;
}

/**
 * Records of buckets, decoded. Every call reads its bucket's record two or three times; what is
 * kept here is only what the very bytes that were read say, so that it cannot be out of date.
 */
export class BucketRecords {
  readonly #kept = new Map<string, Kept>();

  of(name: string, bytes: Uint8Array): BucketRecord {
    const kept = this.#kept.get(name);
    if (kept !== undefined && isSame(kept.bytes, bytes)) return kept.record;
    const record = unpackBucket(bytes);
    if (this.#kept.size >= KEPT_MAX) this.#kept.clear();
    // A copy: what was read may be a few bytes of a large buffer.
    this.#kept.set(name, { bytes: bytes.slice(), record });
    return record;
  }
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && Buffer.compare(one, other) === 0;
}
