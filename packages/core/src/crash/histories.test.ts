import {
  CrashProbes,
  CrashRunner,
  SimCore,
  assertUntil,
  coreOperation,
  cpuRate,
  printLine,
  testBudgetMs,
  testCount,
  testSeed,
} from "@firn/testing";
import type { MakeIndex, OperationWeights } from "@firn/testing";
import * as fc from "fast-check";
import { test } from "vitest";
import { runsIndex } from "../index/runs/runs-index.ts";

const QUICK_MS = 3000;
/** Power failures out of one history: few give many histories in a short time. */
const copiesMax = testCount({ quick: 6, full: 40 });
/** Fewer show nothing, however slow the machine is. */
const CRASHES_MIN = 10;

/** Random histories until the time is up; a failure prints the seed and the smallest history. */
async function runHistories(
  name: string,
  weights: OperationWeights,
  makeIndex?: MakeIndex,
): Promise<void> {
  const seed = testSeed();
  const core = await SimCore.load();
  const rate = cpuRate();
  const covered = { histories: 0, crashes: 0, kills: 0, reboots: 0 };
  const histories = fc.array(coreOperation(weights), { minLength: 5, maxLength: 40 });
  const property = fc.asyncProperty(histories, fc.nat(), async (history, machineSeed) => {
    const options = core.options(machineSeed, makeIndex);
    const probes = new CrashProbes({ ...options, copiesMax });
    const runner = new CrashRunner({ ...options, probes });
    await runner.run(history);
    covered.histories++;
    covered.crashes += runner.crashes + probes.recoveries;
    covered.kills += runner.kills;
    covered.reboots += runner.reboots;
  });
  const budgetMs = testBudgetMs(QUICK_MS, 0.25);
  const enough = (): boolean => covered.crashes > CRASHES_MIN;
  await assertUntil(property, { seed, budgetMs, enough });
  printLine(`${name}: ${JSON.stringify({ ...covered, perCpuMinute: rate(covered.crashes) })}`);
}

test("invariants 2, 3, 4: after any crash the acknowledged is there, in order, whole", () =>
  runHistories("power failures", { faults: 0, largeBlobs: true }));

test("invariant 5: a failed write or sync is final, and nothing acknowledged is lost by it", () =>
  runHistories("power failures and disk faults", { faults: 3, largeBlobs: true }));

for (const faults of [0, 3]) {
  const disk = `the same disk${faults === 0 ? "" : ", which fails at times"}`;
  test(`invariants 1 to 5 hold with sorted runs on ${disk}`, () =>
    runHistories(`sorted runs on ${disk}`, { faults, largeBlobs: false }, (fileSystem, hasher) =>
      runsIndex({ fileSystem, hasher, cacheBytes: 16 * 1024 }),
    ));
}
