/** The clock's mode is fixed when a store is made, so that no lock ends by turning a clock. */
export type ClockMode =
  | { readonly kind: "real" }
  /** `factor` store seconds pass in one real second. */
  | { readonly kind: "scaled"; readonly factor: number }
  /** Time stands still until `advance`. */
  | { readonly kind: "manual" };

/** The port to time. Nothing else in Firn asks for the time or sets a timer. */
export interface Clock {
  readonly mode: ClockMode;
  /** Milliseconds since 1970-01-01 UTC, in the store's time. */
  now(): number;
  /** Milliseconds of real time from an arbitrary start; never goes back. */
  monotonicMs(): number;
  /**
   * Runs `callback` once when `delayMs` of the store's time have passed; returns a canceller. The
   * process may end before, unless it is said that somebody awaits it.
   */
  schedule(delayMs: number, callback: () => void, by?: "awaited"): () => void;
  /** Moves a manual clock forward and fires what is due. @throws FIRN_CLOCK_MODE on others. */
  advance(byMs: number): void;
}

/**
 * Resolves after `delayMs` of the clock's time, or rejects with the signal's reason. For work in
 * the background: the process may end before.
 */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const onAbort = (): void => {
      cancel();
      reject(signal?.reason as Error);
    };
    const cancel = clock.schedule(delayMs, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/** As `sleep`, where a caller's promise waits for it: the process does not end before. */
export function pause(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.schedule(delayMs, resolve, "awaited");
  });
}
