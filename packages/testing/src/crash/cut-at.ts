import { RealClock } from "@firn/core";
import { testBudgetMs, testSeed } from "../model/test-run.ts";
import { turn } from "./sim-core.ts";
import type { OpenMachine } from "./sim-core.ts";

const QUICK_MS = 2500;

/** Runs until the power fails at the request of that number; false when it ends before that. */
export async function cutAt(
  machine: OpenMachine,
  request: number,
  run: () => Promise<unknown>,
): Promise<boolean> {
  const first = machine.fileSystem.requestCount;
  let isCut = false;
  machine.fileSystem.hook = ({ number }) => {
    if (number - first !== request) return undefined;
    isCut = true;
    return "halt";
  };
  let ended = false;
  run().then(
    () => (ended = true),
    () => (ended = true),
  );
  while (!isCut && !ended) await turn();
  return isCut;
}

/**
 * Each request in turn, as far as the time goes, and at least one more than so many. Resolves with
 * how many there were: `each` says false when its run ended before the request.
 */
export async function atEveryRequest(
  sitesMin: number,
  each: (request: number, seed: number) => Promise<boolean>,
): Promise<number> {
  const clock = new RealClock();
  const endAt = clock.monotonicMs() + testBudgetMs(QUICK_MS, 0.1);
  const seed = testSeed();
  let request = 1;
  for (; clock.monotonicMs() < endAt || request <= sitesMin + 1; request++) {
    try {
      if (!(await each(request, seed + request))) break;
    } catch (error) {
      throw new Error(`seed ${seed}, request ${request}`, { cause: error });
    }
  }
  return request - 1;
}
