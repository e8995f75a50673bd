import type { ParityOptions } from "@firn/core";
import * as fc from "fast-check";
import { assertUntil } from "../model/assert-until.ts";
import {
  addRecoveries,
  cpuRate,
  printLine,
  testBudgetMs,
  testCount,
  testSeed,
} from "../model/test-run.ts";
import { coreOperation } from "./core-operation.ts";
import type { OperationWeights } from "./core-operation.ts";
import { CrashProbes } from "./crash-probes.ts";
import { CrashRunner } from "./crash-runner.ts";
import { SimCore } from "./sim-core.ts";
import type { MakeIndex } from "./sim-core.ts";

export interface RandomHistories {
  /** For the line that tells what was covered. */
  readonly name: string;
  readonly weights: OperationWeights;
  /** Default: the simulated index. */
  readonly makeIndex?: MakeIndex | undefined;
  readonly parity?: ParityOptions | undefined;
  /** Steps of one history. Default 5 to 40. */
  readonly steps?: { readonly min: number; readonly max: number } | undefined;
  /** Time in the quick tier. Default 2000. */
  readonly quickMs?: number | undefined;
  /** Of the long tier's budget. Default 0.25. */
  readonly share?: number | undefined;
}

const QUICK_MS = 2000;
/** Fewer show nothing, however slow the machine is. */
const RECOVERIES_MIN = 10;

/** Random histories until the time is up; a failure prints the seed and the smallest history. */
export async function runHistories(options: RandomHistories): Promise<void> {
  const { name, weights, makeIndex, parity, steps = { min: 5, max: 40 } } = options;
  const seed = testSeed();
  const core = await SimCore.load();
  const rate = cpuRate();
  const covered = { histories: 0, crashes: 0, kills: 0, reboots: 0, rotten: 0 };
  // Few power failures out of one history give many histories in a short time.
  const copiesMax = testCount({ quick: 6, full: 40 });
  const lengths = { minLength: steps.min, maxLength: steps.max };
  const histories = fc.array(coreOperation(weights), lengths);
  const property = fc.asyncProperty(histories, fc.nat(), async (history, machineSeed) => {
    const of = core.options(machineSeed, makeIndex, parity);
    const probes = new CrashProbes({ ...of, copiesMax });
    const runner = new CrashRunner({ ...of, probes });
    await runner.run(history);
    covered.histories++;
    covered.crashes += runner.crashes + probes.recoveries;
    covered.kills += runner.kills;
    covered.reboots += runner.reboots;
    covered.rotten += runner.rotten;
  });
  const budgetMs = testBudgetMs(options.quickMs ?? QUICK_MS, options.share ?? 0.25);
  const enough = (): boolean => covered.crashes > RECOVERIES_MIN;
  await assertUntil(property, { seed, budgetMs, enough });
  const perCpuMinute = rate(covered.crashes);
  addRecoveries(covered.crashes, perCpuMinute);
  printLine(`${name}: ${JSON.stringify({ ...covered, perCpuMinute })}`);
}
