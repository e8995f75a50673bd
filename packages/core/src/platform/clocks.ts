import { coreError } from "../errors.ts";
import type { Clock, ClockMode } from "./clock.ts";

/** `setTimeout` holds 31 bits of milliseconds; longer waits are taken in steps of a day. */
const TIMER_STEP_MS = 86_400_000;

/**
 * The clock of a store made at `createdAtMs`: real and scaled ones go on while the store is closed,
 * a manual one stands where it was made until the store has been told how far it had come.
 */
export function makeClock(mode: ClockMode, createdAtMs: number): Clock {
  switch (mode.kind) {
    case "real":
      return new RealClock();
    case "scaled":
      return new ScaledClock(mode.factor, createdAtMs + (Date.now() - createdAtMs) * mode.factor);
    case "manual":
      return new ManualClock(createdAtMs);
  }
}

/** The machine's clock. */
export class RealClock implements Clock {
  readonly mode: ClockMode = { kind: "real" };

  now(): number {
    return Date.now();
  }

  monotonicMs(): number {
    return performance.now();
  }

  schedule(delayMs: number, callback: () => void, by?: "awaited"): () => void {
    return startTimer(delayMs, callback, by);
  }

  advance(): void {
    throw refuseAdvance("real");
  }
}

/** Store time that passes `factor` times as fast as real time. */
export class ScaledClock implements Clock {
  readonly mode: ClockMode;
  readonly #factor: number;
  readonly #startMs: number;
  readonly #startedAt: number = performance.now();

  constructor(factor: number, startMs: number) {
    this.mode = { kind: "scaled", factor };
    this.#factor = factor;
    this.#startMs = startMs;
  }

  now(): number {
    return Math.floor(this.#startMs + (performance.now() - this.#startedAt) * this.#factor);
  }

  monotonicMs(): number {
    return performance.now();
  }

  schedule(delayMs: number, callback: () => void, by?: "awaited"): () => void {
    return startTimer(delayMs / this.#factor, callback, by);
  }

  advance(): void {
    throw refuseAdvance("scaled");
  }
}

interface ManualTimer {
  readonly dueMs: number;
  readonly callback: () => void;
}

/** Store time that stands still until it is advanced. */
export class ManualClock implements Clock {
  readonly mode: ClockMode = { kind: "manual" };
  #nowMs: number;
  #timers: ManualTimer[] = [];

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return performance.now();
  }

  schedule(delayMs: number, callback: () => void): () => void {
    const timer = { dueMs: this.#nowMs + delayMs, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  advance(byMs: number): void {
    const until = this.#nowMs + byMs;
    for (let next = this.#nextDue(until); next !== undefined; next = this.#nextDue(until)) {
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.callback();
    }
    this.#nowMs = until;
  }

  #nextDue(until: number): ManualTimer | undefined {
    let first: ManualTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs <= until && (first === undefined || timer.dueMs < first.dueMs)) first = timer;
    }
    return first;
  }
}

/** Only one that is awaited keeps the process alive: whoever serves holds a socket. */
function startTimer(delayMs: number, callback: () => void, by?: "awaited"): () => void {
  let timer: NodeJS.Timeout;
  const arm = (leftMs: number): void => {
    const step = Math.min(leftMs, TIMER_STEP_MS);
    timer = setTimeout(() => (leftMs > step ? arm(leftMs - step) : callback()), step);
    if (by === undefined) timer.unref();
  };
  arm(Math.max(0, delayMs));
  return () => clearTimeout(timer);
}

function refuseAdvance(kind: string): Error {
  return coreError("FIRN_CLOCK_MODE", `a ${kind} clock cannot be advanced by hand`, {
    detail: { mode: kind },
  });
}
