import type { Clock, ClockMode } from "@firn/core";

/**
 * Time for background work in a simulation: what need not wait comes with the next turn, and what
 * waits for longer never comes. A timer of the machine's would hold the store of each process whose
 * power failed until it was due, minutes later: a hundred thousand stores.
 */
export class SimTime implements Clock {
  readonly mode: ClockMode = { kind: "manual" };

  now(): number {
    return 0;
  }

  monotonicMs(): number {
    return 0;
  }

  schedule(delayMs: number, callback: () => void): () => void {
    if (delayMs > 0) return () => {};
    // oxlint-disable-next-line no-restricted-globals -- a turn of the loop, not a timer
    const soon = setImmediate(callback);
    // oxlint-disable-next-line no-restricted-globals -- as above
    return () => clearImmediate(soon);
  }

  advance(): void {}
}
