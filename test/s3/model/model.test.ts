import * as fc from "fast-check";
import { SimCore, testCount } from "@firn/testing";
import { beforeAll, test } from "vitest";
import { assertHistories } from "../../support/assert-histories.ts";
import { ObjectHistory } from "./object-history.ts";
import { objectOperation } from "./object-operation.ts";

/** Histories of the whole engine on a disk that loses its power, against a model of lists. */

const OPERATIONS = 60;

let core: SimCore;

beforeAll(async () => {
  core = await SimCore.load();
});

test("through crashes the engine holds what a model of lists holds", async () => {
  const numRuns = testCount({ quick: 25, full: 20_000 });
  let crashes = 0;
  const history = fc.array(objectOperation, { minLength: OPERATIONS, maxLength: OPERATIONS });
  const property = fc.asyncProperty(fc.nat(), fc.boolean(), history, async (at, locked, steps) => {
    const run = new ObjectHistory(core, { seed: at, locked });
    await run.run(steps);
    crashes += run.crashes;
  });
  await assertHistories({ numRuns, operations: OPERATIONS, property, crashes: () => crashes });
});
