import type { TokenBucket } from "./token-bucket.ts";

/** What a throttled request met: a setting, the limit of every partition, or a maximum. */
export type LimitMet = "Provisioned" | "KeyRange" | "MaxOnDemand";

/** Capacity of one kind, of a table or an index. */
export interface CapacityBucket {
  /** Takes `units`, or says which limit has none left. */
  admit(units: number, nowMs: number): LimitMet | undefined;
  /** What an admitted request used beyond (or below, negative) what it was admitted with. */
  settle(units: number): void;
}

/** Provisioned capacity. */
export class ProvisionedBucket implements CapacityBucket {
  readonly #bucket: TokenBucket;

  constructor(bucket: TokenBucket) {
    this.#bucket = bucket;
  }

  admit(units: number, nowMs: number): LimitMet | undefined {
    return this.#bucket.admit(units, nowMs) ? undefined : "Provisioned";
  }

  settle(units: number): void {
    this.#bucket.settle(units);
  }

  resize(rate: number, nowMs: number): void {
    this.#bucket.resize(rate, nowMs);
  }
}
