import { DELIVERY_RETRY_MAX_MS, DELIVERY_RETRY_MIN_MS } from "./constants.ts";
import { FirnError } from "./errors.ts";
import { sleep } from "./platform/clock.ts";
import type { Clock } from "./platform/clock.ts";

export interface UntilTakenOptions {
  /** The store's: pauses pass in its time. */
  readonly clock: Clock;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Told of each try that failed. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Hands something over to who may not take it now: what rejects is tried again, after 1 second,
 * then twice as long each time up to a minute. True when it was taken, false when the signal fired
 * before; then it may have been taken all the same.
 */
export async function untilTaken(
  send: () => Promise<void>,
  { clock, signal, onFailure }: UntilTakenOptions,
): Promise<boolean> {
  let delayMs = DELIVERY_RETRY_MIN_MS;
  while (!signal.aborted) {
    try {
      await send();
      return true;
    } catch (error) {
      onFailure(error);
    }
    await sleep(clock, delayMs, signal).catch(() => undefined);
    delayMs = Math.min(2 * delayMs, DELIVERY_RETRY_MAX_MS);
  }
  return false;
}

/** One line about whatever was thrown, with the code of ours. */
export function failureText(error: unknown): string {
  if (error instanceof FirnError) return `${error.code}: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}
