import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { repositoryRoot } from "../support/repository.ts";
import { sourcesOf } from "./planted-bug.ts";
import type { PlantedBug } from "./planted-bug.ts";

/** What each bug gets, start of the test runner included. */
export const SECONDS_MAX = 60;
/** What the random suites divide among them: they end before the time is up. */
const BUDGET_SECONDS = 80;
const OUTPUT_CHARACTERS_MAX = 20_000;

export interface PlantedRun {
  /** Of the test runner: 1 when a test failed. `null` when its time was up. */
  readonly status: number | null;
  /** The test that failed first, as the runner names it. */
  readonly failed: string | undefined;
  readonly seconds: number;
  readonly output: string;
}

/** Runs one file of the package's tests with the bug in place until the first of them fails. */
export async function runPlanted(bug: PlantedBug): Promise<PlantedRun> {
  const { name, tests } = bug;
  const began = performance.now();
  const vitest = `${repositoryRoot}node_modules/vitest/vitest.mjs`;
  const args = [vitest, "run", "--config", "vitest.planted.config.ts", "--bail", "1"];
  const child = spawn(process.execPath, [...args, `${sourcesOf(bug)}${tests}.test.ts`], {
    cwd: repositoryRoot,
    env: {
      ...process.env,
      NO_COLOR: "1",
      FIRN_PLANTED_BUG: name,
      FIRN_BUDGET_SECONDS: String(BUDGET_SECONDS),
      FIRN_SHRINK: "off",
      FIRN_TEST_REPORT: undefined,
    },
    // A group of its own: the runner's workers end with it.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const end = (): void => endGroup(child);
  process.once("exit", end);
  const late = setTimeout(end, SECONDS_MAX * 1000);
  let output = "";
  let failed: string | undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data: Buffer) => {
      // A failure may print more than is kept.
      output = `${output}${data.toString()}`;
      failed ??= /FAIL {2}packages\/\w+\/src\/(\S+ > .+)/.exec(output)?.[1];
      output = output.slice(-OUTPUT_CHARACTERS_MAX);
    });
  }
  const status = await new Promise<number | null>((resolve) => child.on("close", resolve));
  clearTimeout(late);
  process.off("exit", end);
  end();
  return { status, failed, seconds: (performance.now() - began) / 1000, output };
}

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Nobody of it is left.
  }
}
