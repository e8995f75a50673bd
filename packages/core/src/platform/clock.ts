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
  /** Runs `callback` once when `delayMs` of the store's time have passed; returns a canceller. */
  schedule(delayMs: number, callback: () => void): () => void;
  /** Moves a manual clock forward and fires what is due. @throws FIRN_CLOCK_MODE on others. */
  advance(byMs: number): void;
}

/** Resolves after `delayMs` of the clock's time, or rejects with the signal's reason. */
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
