import { CrashRunner, coreOperation, testSeed } from "@firn/testing";
import type { CoreOperation, SimMachine } from "@firn/testing";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { loadHasher } from "../hasher.ts";
import type { Hasher } from "../hasher.ts";
import { macrotask } from "../platform/macrotask.ts";
import { openStore } from "../store/open-store.ts";
import type { LogStore } from "../store.ts";

/** Small enough that a short history rolls segments and flushes memtables. */
const LIMITS = {
  segmentBytes: 16 * 1024,
  extentSegmentBytes: 256 * 1024,
  prepareBytes: 2048,
  memtableBytes: 8 * 1024,
  memtableKeys: 24,
  replayBytes: 32 * 1024,
  queueBytes: 64 * 1024,
  cacheBytes: 4096,
  openFiles: 4,
};
const TIME_MS = 8000;

function openWith(hasher: Hasher): (machine: SimMachine) => Promise<CheckedCore> {
  return async (machine) => {
    const store = await openStore({ directory: "/data", ...machine, hasher, limits: LIMITS });
    return { store, checkpoint: () => store.checkpoint() };
  };
}

interface CheckedCore {
  readonly store: LogStore;
  checkpoint(): Promise<void>;
}

const turn = (): Promise<void> => new Promise((resolve) => macrotask(resolve));

test("invariants 1 to 5: after any crash the store holds a prefix with all that was acknowledged", async () => {
  const seed = testSeed();
  const open = openWith(await loadHasher());
  const covered = { histories: 0, crashes: 0, kills: 0, reboots: 0 };
  const startedAt = performance.now();
  const history = fc.array(coreOperation({ faults: 2, largeBlobs: true }), {
    minLength: 5,
    maxLength: 40,
  });
  const property = fc.asyncProperty(history, fc.nat(), async (operations, machineSeed) => {
    const runner = new CrashRunner({ seed: machineSeed, open, turn });
    await runner.run(operations as CoreOperation[]);
    covered.histories++;
    covered.crashes += runner.crashes;
    covered.kills += runner.kills;
    covered.reboots += runner.reboots;
  });
  await fc.assert(property, { seed, numRuns: 1e6, interruptAfterTimeLimit: TIME_MS });
  const minutes = (performance.now() - startedAt) / 60_000;
  console.log(covered, Math.round(covered.crashes / minutes), "per minute");
  expect(covered.crashes).toBeGreaterThan(100);
});
