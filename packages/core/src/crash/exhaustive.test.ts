import { CrashRunner, SimCore, printLine, testBudgetMs, testSeed } from "@firn/testing";
import type { CoreOperation, DiskFault, Strike } from "@firn/testing";
import { expect, test } from "vitest";

const QUICK_MS = 2500;
/** Fewer show nothing, however slow the machine is. */
const SITES_MIN = 5;
/** With so many pending changes or fewer every subset of them is tried. */
const PENDING_ALL_MAX = 5;

const put = (space: number, key: number, bytes: number): CoreOperation => ({
  kind: "transact",
  steps: [
    { kind: "put", space, key, bytes },
    { kind: "put", space, key: key + 1, bytes: 10 },
  ],
  throws: false,
  declared: false,
});

const remove = (space: number, key: number): CoreOperation => ({
  kind: "transact",
  steps: [{ kind: "delete", space, key }],
  throws: false,
  declared: false,
});

/** Each ends with a crash, an open and a check of its own. */
const SCENARIOS: Readonly<Record<string, readonly CoreOperation[]>> = {
  "a commit, two buffered records, a barrier": [
    put(0, 1, 30),
    { kind: "settle" },
    { kind: "append", bytes: 20 },
    { kind: "append", bytes: 700 },
    { kind: "turns", count: 2 },
    { kind: "barrier" },
    put(0, 2, 5),
    { kind: "settle" },
  ],
  "a checkpoint, a large blob, a clean close and another open": [
    put(0, 1, 30),
    { kind: "blob", bytes: 66_000, space: 0, key: 4 },
    { kind: "settle" },
    { kind: "checkpoint" },
    put(1, 1, 400),
    { kind: "settle" },
    { kind: "reboot" },
    put(0, 1, 9),
    { kind: "settle" },
  ],
  "a segment that fills, and the next": [
    put(0, 1, 5000),
    put(0, 2, 5000),
    { kind: "append", bytes: 4000 },
    put(0, 3, 5000),
    { kind: "settle" },
    put(0, 4, 10),
    { kind: "settle" },
  ],
  "overwriting and deleting, and a compaction that packs and drops segments": [
    put(0, 1, 4000),
    put(0, 1, 4000),
    remove(0, 2),
    put(0, 5, 4000),
    put(0, 1, 4000),
    { kind: "settle" },
    { kind: "compact" },
    put(0, 1, 20),
    { kind: "settle" },
  ],
};

/**
 * At every disk request of every scenario, one after the other, from a scenario on that the seed
 * chooses; ends when all have had their turn, or the time is up.
 */
async function atEverySite(
  each: (history: readonly CoreOperation[], request: number, seed: number) => Promise<boolean>,
): Promise<{ sites: number; complete: boolean }> {
  const endAt = performance.now() + testBudgetMs(QUICK_MS, 0.25);
  const seed = testSeed();
  const histories = Object.values(SCENARIOS);
  let sites = 0;
  for (let turn = 0; turn < histories.length; turn++) {
    const history = histories[(seed + turn) % histories.length] as readonly CoreOperation[];
    for (let request = 1; await each(history, request, seed); request++) {
      sites++;
      if (performance.now() > endAt && sites > SITES_MIN) return { sites, complete: false };
    }
  }
  return { sites, complete: true };
}

test("a power failure at every disk request, with every subset of what was pending", async () => {
  const core = await SimCore.load();
  let recoveries = 0;
  const covered = await atEverySite(async (history, request, seed) => {
    const run = async (mask: number): Promise<CrashRunner> => {
      const strike: Strike = { request, fault: "halt" };
      const keep = (number: number): boolean => ((mask >>> (number % 32)) & 1) === 1;
      const runner = new CrashRunner({ ...core.options(seed), strike, keep });
      try {
        await runner.run(history);
      } catch (error) {
        throw new Error(`seed ${seed}, request ${request}, kept ${mask}`, { cause: error });
      }
      recoveries += runner.crashes;
      return runner;
    };
    const { struck, pendingAtCrash } = await run(0);
    if (struck === undefined) return false;
    const all = 2 ** Math.min(pendingAtCrash, PENDING_ALL_MAX);
    for (let mask = 1; mask < all; mask++) await run(mask);
    if (pendingAtCrash > PENDING_ALL_MAX) await run(-1);
    return true;
  });
  printLine(`every subset: ${JSON.stringify({ ...covered, recoveries })}`);
  expect(covered.sites).toBeGreaterThan(SITES_MIN);
});

for (const sticky of [false, true]) {
  test(`invariant 5: every disk request fails ${sticky ? "from then on" : "once"}`, async () => {
    const core = await SimCore.load();
    const faults: DiskFault[] = ["eio", "full", "short"];
    const covered = await atEverySite(async (history, request, seed) => {
      let struck: unknown;
      for (const fault of faults) {
        const strike: Strike = { request, fault, sticky };
        const runner = new CrashRunner({ ...core.options(seed), strike });
        try {
          await runner.run(history);
        } catch (error) {
          const where = JSON.stringify(runner.struck);
          throw new Error(`seed ${seed}, ${fault} at ${where}`, { cause: error });
        }
        struck = runner.struck;
      }
      return struck !== undefined;
    });
    printLine(`every fault: ${JSON.stringify(covered)}`);
    expect(covered.sites).toBeGreaterThan(SITES_MIN);
  });
}
