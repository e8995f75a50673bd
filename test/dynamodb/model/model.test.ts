import * as fc from "fast-check";
import { SimCore, testCount } from "@firn/testing";
import { beforeAll, test } from "vitest";
import { assertHistories } from "../../support/assert-histories.ts";
import { TableHistory } from "./table-history.ts";
import { tableOperation } from "./table-operation.ts";

/** Histories of the whole engine on a disk that loses its power, against a model of maps. */

const OPERATIONS = 60;

let core: SimCore;

beforeAll(async () => {
  core = await SimCore.load();
});

test("through crashes the tables hold what a model of maps holds", async () => {
  const numRuns = testCount({ quick: 10, full: 20_000 });
  let crashes = 0;
  const history = fc.array(tableOperation, { minLength: OPERATIONS, maxLength: OPERATIONS });
  const property = fc.asyncProperty(fc.nat(), history, async (at, steps) => {
    const run = new TableHistory(core, at);
    await run.run(steps);
    crashes += run.crashes;
  });
  await assertHistories({ numRuns, operations: OPERATIONS, property, crashes: () => crashes });
});
