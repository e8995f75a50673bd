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

const QUICK_MS = 2500;
const PARITY = { segments: "all", coldAfterMs: 0, rate: Infinity } as const;

for (const faults of [0, 3]) {
  const disk = faults === 0 ? "loses power" : "loses power and fails at times";
  test(`parity, scrubs and rebuilt indexes lose nothing on a disk that rots, ${disk}`, async () => {
    const seed = testSeed();
    const core = await SimCore.load();
    const covered = { histories: 0, crashes: 0, kills: 0, rotten: 0 };
    const operations = coreOperation({ faults, largeBlobs: true, care: 2, blobs: 2 });
    const histories = fc.array(operations, { minLength: 5, maxLength: 40 });
    const property = fc.asyncProperty(histories, fc.nat(), async (history, machineSeed) => {
      const runner = new CrashRunner(core.options(machineSeed, undefined, PARITY));
      await runner.run(history);
      covered.histories++;
      covered.crashes += runner.crashes;
      covered.kills += runner.kills;
      covered.rotten += runner.rotten;
    });
    const budgetMs = testBudgetMs(QUICK_MS, 0.1);
    const enough = (): boolean => covered.crashes + covered.rotten > 2;
    await assertUntil(property, { seed, budgetMs, enough });
    printLine(`a disk that rots, ${disk}: ${JSON.stringify(covered)}`);
  });
}
