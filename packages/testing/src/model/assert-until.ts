import * as fc from "fast-check";
import { shrinks } from "./test-run.ts";

export interface AssertUntilOptions {
  /** A failure prints its own, which replays it as `FIRN_SEED`. */
  readonly seed: number;
  readonly budgetMs: number;
  /** Has enough been covered? A machine under heavy load may take longer than its time for it. */
  readonly enough: () => boolean;
}

/** Random cases until the time is up, and further until enough has been covered. */
export async function assertUntil<T>(
  property: fc.IAsyncPropertyWithHooks<T>,
  { seed, budgetMs, enough }: AssertUntilOptions,
): Promise<void> {
  for (let round = 0; round === 0 || !enough(); round++) {
    await fc.assert(property, {
      seed: seed + round,
      numRuns: 1e9,
      interruptAfterTimeLimit: budgetMs,
      endOnFailure: !shrinks(),
    });
  }
}
