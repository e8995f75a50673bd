import * as fc from "fast-check";
import { SimCore, printLine, testCount, testSeed } from "@firn/testing";
import { beforeAll, expect, test } from "vitest";
import { ObjectHistory } from "./object-history.ts";
import { objectOperation } from "./object-operation.ts";

/** Histories of the whole engine on a disk that loses its power, against a model of lists. */

const OPERATIONS = 60;

let core: SimCore;

beforeAll(async () => {
  core = await SimCore.load();
});

test("through crashes the engine holds what a model of lists holds", async () => {
  const seed = testSeed();
  const numRuns = testCount({ quick: 25, full: 20_000 });
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  let crashes = 0;
  const history = fc.array(objectOperation, { minLength: OPERATIONS, maxLength: OPERATIONS });
  const property = fc.asyncProperty(fc.nat(), fc.boolean(), history, async (at, locked, steps) => {
    const run = new ObjectHistory(core, { seed: at, locked });
    await run.run(steps);
    crashes += run.crashes;
  });
  await fc.assert(property, { seed, numRuns });
  expect(crashes).toBeGreaterThan(numRuns);
  const { user, system } = process.cpuUsage(cpu);
  const minutes = (user + system) / 60_000_000;
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const rate = Math.round(crashes / minutes);
  printLine(
    `${numRuns} histories of ${OPERATIONS}, ${crashes} crashes in ${seconds} s; ` +
      `${rate} crash-recoveries per minute of processor`,
  );
});
