import { readFile, writeFile } from "node:fs/promises";
import { printLine } from "@firn/testing";
import { afterAll, expect, test } from "vitest";
import { repositoryRoot } from "../support/repository.ts";
import { plantedBugs } from "./bugs.ts";
import { sourcesOf } from "./planted-bug.ts";
import { SECONDS_MAX, runPlanted } from "./run-planted.ts";

const budgetSeconds = Number(process.env["FIRN_BUDGET_SECONDS"] ?? 0);
/** The long tier plants what its time allows, from where the seed says. */
const endAt = performance.now() + budgetSeconds * 1000;
const first = Number(process.env["FIRN_SEED"] ?? 0) % plantedBugs.length;
const inTurn = [...plantedBugs.slice(first), ...plantedBugs.slice(0, first)];
/** Where the table of what was found goes, when it is to be kept. */
const tablePath = process.env["FIRN_PLANTED_TABLE"];
const rows = new Map<string, string>();

test("each planted bug has exactly one place in the sources, and a test that finds it", async () => {
  expect(plantedBugs.length).toBeGreaterThanOrEqual(25);
  expect(new Set(plantedBugs.map(({ name }) => name)).size).toBe(plantedBugs.length);
  for (const bug of plantedBugs) {
    const { name, file, find, tests } = bug;
    const folder = `${repositoryRoot}${sourcesOf(bug)}`;
    const source = await readFile(`${folder}${file}`, "utf8");
    expect(source.split(find).length - 1, `${name}: ${file}`).toBe(1);
    await readFile(`${folder}${tests}.test.ts`);
  }
});

test.for(budgetSeconds > 0 ? inTurn : [])(
  `found within ${SECONDS_MAX} seconds: $name`,
  async (bug, { skip }) => {
    if (performance.now() > endAt) return skip("no time is left for it");
    const { status, failed, seconds, output } = await runPlanted(bug);
    const [file, ...names] = (failed ?? "nothing").split(" > ");
    const took = seconds.toFixed(1);
    rows.set(bug.name, `| ${bug.name} | \`${file}\`: ${names.join(" > ")} | ${took} |`);
    // A run that could not begin leaves with 1 too, but names no test.
    expect(status, output).toBe(1);
    expect(failed, output).toBeDefined();
  },
);

afterAll(async () => {
  if (rows.size === 0) return;
  const table = plantedBugs.flatMap(({ name }) => rows.get(name) ?? []);
  printLine(`planted ${rows.size} of ${plantedBugs.length}:\n${table.join("\n")}`);
  if (tablePath === undefined) return;
  const head = ["| bug | found by | seconds |", "| --- | --- | --- |"];
  await writeFile(tablePath, `${[...head, ...table].join("\n")}\n`);
});
