import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { repositoryRoot } from "../support/repository.ts";
import { plantedBugs } from "./bugs.ts";
import type { PlantedBug } from "./planted-bug.ts";

/** What each bug gets, start of the test runner included; also what it is given to be found. */
const SECONDS = 60;
const BUDGET_SECONDS = 40;
const DEFAULT_TESTS = ["crash/", "store", "index/"];

const budgetSeconds = Number(process.env["FIRN_BUDGET_SECONDS"] ?? 0);
/** The long tier plants as many as its share of the time allows, from where the seed says. */
const planted = Math.min(plantedBugs.length, Math.floor(budgetSeconds / SECONDS));

test("each planted bug has exactly one place in the sources", async () => {
  expect(plantedBugs.length).toBeGreaterThanOrEqual(25);
  expect(new Set(plantedBugs.map(({ name }) => name)).size).toBe(plantedBugs.length);
  for (const { name, file, find } of plantedBugs) {
    const source = await readFile(`${repositoryRoot}packages/core/src/${file}`, "utf8");
    expect(source.split(find).length - 1, `${name}: ${file}`).toBe(1);
  }
});

const first = Number(process.env["FIRN_SEED"] ?? 0) % plantedBugs.length;
const chosen = [...plantedBugs, ...plantedBugs].slice(first, first + planted);

test.for(chosen)("found within a minute: $name", async (bug) => {
  const { status, failed, output } = await runTests(bug);
  // A run that could not begin leaves with 1 too, but names no test.
  expect(status, output).toBe(1);
  expect(failed, output).toBe(true);
});

/** Runs tests of the core with the bug in place until the first of them fails. */
async function runTests({
  name,
  tests,
}: PlantedBug): Promise<{ status: number | null; failed: boolean; output: string }> {
  const vitest = `${repositoryRoot}node_modules/vitest/vitest.mjs`;
  const args = [vitest, "run", "--config", "vitest.planted.config.ts", "--bail", "1"];
  const files = (tests === undefined ? DEFAULT_TESTS : [tests]).map(
    (path) => `packages/core/src/${path}`,
  );
  const child = spawn(process.execPath, [...args, ...files], {
    cwd: repositoryRoot,
    env: {
      ...process.env,
      NO_COLOR: "1",
      FIRN_PLANTED_BUG: name,
      FIRN_BUDGET_SECONDS: String(BUDGET_SECONDS),
      FIRN_TEST_REPORT: undefined,
    },
    timeout: SECONDS * 1000,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let failed = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data: Buffer) => {
      // A failure may print more than is kept.
      output = `${output}${data.toString()}`;
      failed ||= /FAIL {2}packages\/core\/\S+ > /.test(output);
      output = output.slice(-20_000);
    });
  }
  const status = await new Promise<number | null>((resolve) => child.on("exit", resolve));
  return { status, failed, output };
}
