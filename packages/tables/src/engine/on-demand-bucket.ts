import { ON_DEMAND_BURST_SECONDS, ON_DEMAND_WINDOW_MS } from "../constants.ts";
import type { CapacityBucket, LimitMet } from "./capacity-bucket.ts";
import { TokenBucket } from "./token-bucket.ts";

export interface OnDemandRates {
  /** Units a second that a new or warm table takes at once. */
  readonly warm: number;
  /** Units a second that its owner allows at the most. */
  readonly max: number | undefined;
}

/**
 * Capacity that grows with its use: at any time twice what the busiest second took before, and at
 * the least what the table is warm for. A new peak counts when half an hour has gone: whoever grows
 * faster than twofold in that time is throttled. Peaks are forgotten with the process.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html
 */
export class OnDemandBucket implements CapacityBucket {
  readonly #grown: TokenBucket;
  #limit: TokenBucket | undefined;
  #warm: number;
  /** Most units in one second: in former windows, and in this one. */
  #peak = 0;
  #windowPeak = 0;
  #windowAtMs: number;
  #second: number;
  #secondUnits = 0;

  constructor({ warm, max }: OnDemandRates, nowMs: number) {
    this.#warm = warm;
    this.#grown = new TokenBucket(warm, nowMs, ON_DEMAND_BURST_SECONDS);
    this.#limit = limitOf(max, nowMs);
    this.#windowAtMs = nowMs;
    this.#second = Math.floor(nowMs / 1000);
  }

  admit(units: number, nowMs: number): LimitMet | undefined {
    this.#pass(nowMs);
    if (this.#limit?.admit(units, nowMs) === false) return "MaxOnDemand";
    if (!this.#grown.admit(units, nowMs)) {
      this.#limit?.settle(-units);
      return "KeyRange";
    }
    this.#secondUnits += units;
    return undefined;
  }

  settle(units: number): void {
    this.#grown.settle(units);
    this.#limit?.settle(units);
    this.#secondUnits += units;
  }

  /** New settings; what is used stays used. */
  resize({ warm, max }: OnDemandRates, nowMs: number): void {
    this.#warm = warm;
    if (max === undefined || this.#limit === undefined) this.#limit = limitOf(max, nowMs);
    else this.#limit.resize(max, nowMs);
    this.#grow(nowMs);
  }

  /** Notes what the seconds and the half hours took that have ended. */
  #pass(nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    if (second === this.#second) return;
    this.#windowPeak = Math.max(this.#windowPeak, this.#secondUnits);
    this.#second = second;
    this.#secondUnits = 0;
    if (nowMs - this.#windowAtMs < ON_DEMAND_WINDOW_MS) return;
    this.#peak = Math.max(this.#peak, this.#windowPeak);
    this.#windowPeak = 0;
    this.#windowAtMs = nowMs;
    this.#grow(nowMs);
  }

  #grow(nowMs: number): void {
    this.#grown.resize(Math.max(this.#warm, 2 * this.#peak), nowMs);
  }
}

function limitOf(max: number | undefined, nowMs: number): TokenBucket | undefined {
  return max === undefined ? undefined : new TokenBucket(max, nowMs, ON_DEMAND_BURST_SECONDS);
}
