import type { Lsn } from "@firn/core";
import { unpackBucket } from "./records.ts";
import type { BucketRecord } from "./records.ts";

/** Buckets whose record is kept decoded: 1 KiB each, as a rule. */
const KEPT_MAX = 1000;

interface Kept {
  readonly bytes: Uint8Array;
  readonly record: BucketRecord;
  /** What was durable when it was read as the newest; 0: it was read in a transaction only. */
  lsn: Lsn;
}

/**
 * Records of buckets, decoded. Every call reads its bucket's record two or three times; what is
 * kept here is only what the very bytes that were read say, so that it cannot be out of date. While
 * nothing more has become durable it need not even be read.
 */
export class BucketRecords {
  readonly #kept = new Map<string, Kept>();

  /** The newest record while no more than `lsn` is durable; `undefined`: read it. */
  newest(name: string, lsn: Lsn): BucketRecord | undefined {
    const kept = this.#kept.get(name);
    return kept?.lsn === lsn ? kept.record : undefined;
  }

  /** As `of`, of bytes that were read as the newest durable ones. */
  noteNewest(name: string, bytes: Uint8Array, lsn: Lsn): BucketRecord {
    const kept = this.#keep(name, bytes);
    kept.lsn = lsn;
    return kept.record;
  }

  of(name: string, bytes: Uint8Array): BucketRecord {
    return this.#keep(name, bytes).record;
  }

  #keep(name: string, bytes: Uint8Array): Kept {
    const present = this.#kept.get(name);
    if (present !== undefined && isSame(present.bytes, bytes)) return present;
    if (this.#kept.size >= KEPT_MAX) this.#kept.clear();
    // A copy: what was read may be a few bytes of a large buffer.
    const kept = { bytes: bytes.slice(), record: unpackBucket(bytes), lsn: 0 };
    this.#kept.set(name, kept);
    return kept;
  }
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && Buffer.compare(one, other) === 0;
}
