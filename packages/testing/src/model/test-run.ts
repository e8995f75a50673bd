// oxlint-disable-next-line no-restricted-imports -- the one place where tests meet the machine
import { appendFileSync } from "node:fs";
import { NodeRandom } from "@firn/core";

/**
 * The seed of a random test: `FIRN_SEED` when it is set, so that a failure can be replayed, else a
 * new one. Printed in either case.
 */
export function testSeed(): number {
  const given = environment("FIRN_SEED");
  const seed = Number(given ?? Math.floor(new NodeRandom().float() * 2 ** 31));
  printLine(`FIRN_SEED=${seed}`);
  return seed;
}

/**
 * How long a random test works: `FIRN_BUDGET_SECONDS` (times its share of that) in the long tier,
 * else `quickMs`.
 */
export function testBudgetMs(quickMs: number, share: number): number {
  const given = environment("FIRN_BUDGET_SECONDS");
  return given === undefined ? quickMs : Number(given) * 1000 * share;
}

/** The budget that the counts of the long tier are meant for. */
const FULL_BUDGET_SECONDS = 600;

/** How many cases a random test tries: `quick`, or in the long tier `full`, by its budget. */
export function testCount({ quick, full }: { quick: number; full: number }): number {
  const given = environment("FIRN_BUDGET_SECONDS");
  return given === undefined ? quick : Math.ceil((full * Number(given)) / FULL_BUDGET_SECONDS);
}

/** Is the smallest case that fails looked for? With `FIRN_SHRINK=off` any one is enough. */
export function shrinks(): boolean {
  return environment("FIRN_SHRINK") !== "off";
}

/** One line about what a test covered. */
export function printLine(line: string): void {
  // oxlint-disable-next-line no-restricted-globals -- the one place where tests meet the machine
  process.stderr.write(`${line}\n`);
}

/** How many of what is counted a minute of one processor's time does, from now on. */
export function cpuRate(): (count: number) => number {
  // oxlint-disable-next-line no-restricted-globals -- the one place where tests meet the machine
  const began = process.cpuUsage();
  return (count) => {
    // oxlint-disable-next-line no-restricted-globals -- as above
    const { user, system } = process.cpuUsage(began);
    return Math.round((count / (user + system)) * 60e6);
  };
}

/**
 * Adds crash-recoveries to the one total that the long tier prints when it ends; nothing happens
 * in other tiers.
 */
export function addRecoveries(count: number, perCpuMinute: number): void {
  const path = environment("FIRN_RECOVERIES");
  if (path !== undefined) appendFileSync(path, `${JSON.stringify({ count, perCpuMinute })}\n`);
}

function environment(name: string): string | undefined {
  // oxlint-disable-next-line no-restricted-globals -- the one place where tests meet the machine
  return process.env[name];
}
