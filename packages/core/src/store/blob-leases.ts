import type { BlobId } from "../store-api.ts";
import type { Extent } from "./blob-record.ts";

/**
 * The right of a staged blob to its bytes, from its first chunk on until a transaction attaches it,
 * or somebody discards it, or an hour has passed. Attached, its record speaks for it.
 */
export interface BlobLease {
  readonly id: BlobId;
  /** Grows while the blob is written. */
  readonly extents: readonly Extent[];
  /** All of its bytes are durable and still its own. */
  readonly isAttachable: boolean;
  /** In the same step in which the batch got its LSN: it can no longer be ended. */
  attach(): void;
  /** All of its bytes are durable: the hour begins. */
  staged(): void;
  /** The record is durable, whose bytes they are now. */
  drop(): void;
  /** True when its bytes became garbage by this call; an attached one keeps them. */
  end(): boolean;
}

type LeaseState = "writing" | "staged" | "attached" | "ended";

export interface BlobLeasesOptions {
  /** Milliseconds of real time, which nobody turns. */
  readonly monotonicMs: () => number;
  /** How long a staged blob may wait for its transaction. */
  readonly leaseMs: number;
  /** So many bytes have become garbage, because nobody attached or discarded them. */
  readonly onLapse?: ((bytes: number) => void) | undefined;
}

/**
 * Chunks that no record names and that are no garbage all the same. They live in memory alone: what
 * was staged and not attached when a process ends is garbage for the next one.
 */
export class BlobLeases {
  readonly #options: BlobLeasesOptions;
  readonly #leases = new Set<Lease>();

  constructor(options: BlobLeasesOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#leases.size;
  }

  /** Before the first chunk is written. @param extents the list that the writer adds to. */
  begin(id: BlobId, extents: readonly Extent[]): BlobLease {
    const lease = new Lease({ id, extents, leases: this.#leases, options: this.#options });
    this.#leases.add(lease);
    return lease;
  }

  /**
   * What must be kept beside the blobs that have a record. Whoever also opens a view in the same
   * step misses none: an attached one stays here until its record is durable. Lapsed ones end.
   */
  kept(): BlobLease[] {
    for (const lease of this.#leases) {
      if (lease.hasLapsed && lease.end()) this.#options.onLapse?.(bytesOf(lease));
    }
    return [...this.#leases];
  }
}

function bytesOf({ extents }: BlobLease): number {
  return extents.reduce((sum, { bytes }) => sum + bytes, 0);
}

interface LeaseHome {
  readonly id: BlobId;
  readonly extents: readonly Extent[];
  readonly leases: Set<Lease>;
  readonly options: BlobLeasesOptions;
}

class Lease implements BlobLease {
  readonly id: BlobId;
  readonly extents: readonly Extent[];
  readonly #home: LeaseHome;
  #state: LeaseState = "writing";
  #lapsesAtMs = Infinity;

  constructor(home: LeaseHome) {
    this.id = home.id;
    this.extents = home.extents;
    this.#home = home;
  }

  get hasLapsed(): boolean {
    return this.#state === "staged" && this.#home.options.monotonicMs() >= this.#lapsesAtMs;
  }

  get isAttachable(): boolean {
    return this.#state === "staged" && !this.hasLapsed;
  }

  staged(): void {
    const { monotonicMs, leaseMs } = this.#home.options;
    this.#state = "staged";
    this.#lapsesAtMs = monotonicMs() + leaseMs;
  }

  attach(): void {
    this.#state = "attached";
  }

  drop(): void {
    this.#home.leases.delete(this);
  }

  end(): boolean {
    if (this.#state === "attached" || this.#state === "ended") return false;
    this.#state = "ended";
    this.drop();
    return true;
  }
}
