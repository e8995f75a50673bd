import {
  CrashRunner,
  SimCore,
  assertUntil,
  coreOperation,
  printLine,
  testBudgetMs,
  testSeed,
} from "@firn/testing";
import * as fc from "fast-check";
import { test } from "vitest";

const QUICK_MS = 3000;
/** Fewer show nothing, however slow the machine is. */
const CRASHES_MIN = 10;

for (const faults of [0, 3]) {
  const where = faults === 0 ? "whatever crash comes" : "whatever crash or disk fault comes";
  test(`invariant 8: compaction takes no byte of a blob that is somebody's, ${where}`, async () => {
    const seed = testSeed();
    const core = await SimCore.load();
    const covered = { histories: 0, crashes: 0, kills: 0, reboots: 0 };
    const operations = coreOperation({ faults, largeBlobs: true, blobs: 8 });
    const histories = fc.array(operations, { minLength: 10, maxLength: 50 });
    const property = fc.asyncProperty(histories, fc.nat(), async (history, machineSeed) => {
      const runner = new CrashRunner(core.options(machineSeed));
      await runner.run(history);
      covered.histories++;
      covered.crashes += runner.crashes;
      covered.kills += runner.kills;
      covered.reboots += runner.reboots;
    });
    const budgetMs = testBudgetMs(QUICK_MS, 0.2);
    const enough = (): boolean => covered.crashes > CRASHES_MIN;
    await assertUntil(property, { seed, budgetMs, enough });
    printLine(`extents: ${JSON.stringify(covered)}`);
  });
}
