import * as fc from "fast-check";
import { SimCore, printLine, testCount, testSeed } from "@firn/testing";
import { beforeAll, expect, test } from "vitest";
import { TableHistory } from "./table-history.ts";
import { tableOperation } from "./table-operation.ts";

/** Histories of the whole engine on a disk that loses its power, against a model of maps. */

const OPERATIONS = 60;

let core: SimCore;

beforeAll(async () => {
  core = await SimCore.load();
});

test("through crashes the tables hold what a model of maps holds", async () => {
  const seed = testSeed();
  const numRuns = testCount({ quick: 10, full: 20_000 });
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  let crashes = 0;
  const history = fc.array(tableOperation, { minLength: OPERATIONS, maxLength: OPERATIONS });
  const property = fc.asyncProperty(fc.nat(), history, async (at, steps) => {
    const run = new TableHistory(core, at);
    await run.run(steps);
    crashes += run.crashes;
  });
  await fc.assert(property, { seed, numRuns });
  expect(crashes).toBeGreaterThan(numRuns);
  const { user, system } = process.cpuUsage(cpu);
  const minutes = (user + system) / 60_000_000;
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  printLine(
    `${numRuns} histories of ${OPERATIONS}, ${crashes} crashes in ${seconds} s; ` +
      `${Math.round(crashes / minutes)} crash-recoveries per minute of processor`,
  );
});
