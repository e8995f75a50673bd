import { BURST_SECONDS } from "../constants.ts";

/**
 * Capacity of one kind: units flow in at a rate and some seconds of them are kept, 300 of what is
 * provisioned. A request is admitted while there is anything left, whatever it costs: the cost is
 * known when it is done, so the level may go below zero once, and what follows waits for that.
 */
export class TokenBucket {
  readonly #burstSeconds: number;
  #rate: number;
  #units: number;
  #atMs: number;

  /** Full at first. `rate` in units per second. */
  constructor(rate: number, nowMs: number, burstSeconds: number = BURST_SECONDS) {
    this.#burstSeconds = burstSeconds;
    this.#rate = rate;
    this.#units = rate * burstSeconds;
    this.#atMs = nowMs;
  }

  /** Takes `units` if any are left; says whether it did. */
  admit(units: number, nowMs: number): boolean {
    this.#refill(nowMs);
    if (this.#units <= 0) return false;
    this.#units -= units;
    return true;
  }

  /** What an admitted request used beyond (or below, negative) what it was admitted with. */
  settle(units: number): void {
    this.#units = Math.min(this.#units - units, this.#rate * this.#burstSeconds);
  }

  /** A new rate; what is left stays, within the new burst. */
  resize(rate: number, nowMs: number): void {
    if (rate === this.#rate) return;
    this.#refill(nowMs);
    this.#rate = rate;
    this.#units = Math.min(this.#units, rate * this.#burstSeconds);
  }

  #refill(nowMs: number): void {
    const seconds = Math.max(0, nowMs - this.#atMs) / 1000;
    this.#atMs = nowMs;
    this.#units = Math.min(this.#units + seconds * this.#rate, this.#rate * this.#burstSeconds);
  }
}
