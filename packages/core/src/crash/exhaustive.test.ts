import { CrashProbes, CrashRunner, SimCore, cpuRate, printLine } from "@firn/testing";
import { addRecoveries, testBudgetMs, testSeed } from "@firn/testing";
import type {
  CoreOperation,
  CrashOptions,
  DiskFault,
  DiskOperation,
  DiskRequest,
  Strike,
} from "@firn/testing";
import type { TransactionStep } from "@firn/testing";
import { expect, test } from "vitest";

const QUICK_MS = 2500;
/** Fewer show nothing, however slow the machine is. */
const SITES_MIN = 5;
const FAULTS: readonly DiskFault[] = ["eio", "full", "short"];
/** Each fault, once and from then on. */
const STRIKES: readonly (readonly [DiskFault, boolean])[] = FAULTS.flatMap(
  (fault) =>
    [
      [fault, false],
      [fault, true],
    ] as const,
);
const PARITY = { segments: "all", coldAfterMs: 0, rate: Infinity } as const;
const at = (path: string, ...operations: readonly DiskOperation[]): readonly string[] =>
  operations.map((operation) => `${operation} ${path}`);
/** Machines that between them come by every site. */
const SITE_SEEDS: readonly number[] = [1, 2, 3, 4, 5, 6];
/** Operation and file: `F` is a folder of segments, `N` a segment. */
const SITES: readonly string[] = [
  ...at("/", "syncDirectory"),
  ...at("/data", "list", "makeDirectory", "syncDirectory"),
  ...at("/data/extents", "list", "makeDirectory", "syncDirectory"),
  ...at("/data/extents/F", "list", "makeDirectory", "syncDirectory"),
  ...at("/data/extents/F/N", "open", "read", "remove", "sync", "write"),
  ...at("/data/index.rebuild", "open", "remove"),
  ...at("/data/lock", "lock"),
  ...at("/data/log", "list", "makeDirectory", "syncDirectory"),
  ...at("/data/log/F", "list", "makeDirectory", "syncDirectory"),
  ...at("/data/log/F/N", "open", "read", "remove", "sync", "write"),
  ...at("/data/manifest", "read"),
  ...at("/data/manifest.copy", "read"),
  ...at("/data/manifest.copy.new", "open", "remove", "rename", "sync", "write"),
  ...at("/data/manifest.new", "open", "remove", "rename", "sync", "write"),
  ...at("/data/parity", "list", "syncDirectory"),
  ...at("/data/parity/F", "makeDirectory", "syncDirectory"),
  ...at("/data/parity/F/N", "open", "read"),
  ...at("/data/parity/F/N.new", "open", "remove", "rename", "sync", "write"),
  ...at("/data/reserve", "open", "sync", "write"),
  ...at("/data/spare", "open", "sync", "write"),
];
/** With so many pending changes or fewer every subset of them is tried. */
const PENDING_ALL_MAX = 6;

const transaction = (...steps: TransactionStep[]): CoreOperation => ({
  kind: "transact",
  steps,
  throws: false,
  declared: false,
});

const put = (space: number, key: number, bytes: number): CoreOperation =>
  transaction({ kind: "put", space, key, bytes }, { kind: "put", space, key: key + 1, bytes: 10 });

const remove = (space: number, key: number): CoreOperation =>
  transaction({ kind: "delete", space, key });

/** What sequences are made of. Steps that follow one another overlap unless one of them settles. */
const STEPS: Readonly<Record<string, readonly CoreOperation[]>> = {
  put: [put(0, 1, 30)],
  "put that fills a segment": [put(1, 1, 5000)],
  delete: [remove(0, 1)],
  append: [{ kind: "append", bytes: 700 }],
  barrier: [{ kind: "barrier" }],
  blob: [{ kind: "blob", bytes: 66_000, space: 0, key: 4 }],
  "release of a blob": [transaction({ kind: "release", blob: 0 })],
  "create and drop": [
    transaction({ kind: "create", indexedValueBytes: 16 }, { kind: "drop", space: 1 }),
  ],
  checkpoint: [{ kind: "checkpoint" }],
  compact: [{ kind: "compact" }],
  settle: [{ kind: "settle" }],
  reboot: [{ kind: "reboot" }],
};

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
  "blobs that die, parity, a scrub, and a power failure that recovery must mend": [
    { kind: "blob", bytes: 140_000, space: 0, key: 4 },
    { kind: "blob", bytes: 140_000, space: 0, key: 5 },
    { kind: "settle" },
    transaction({ kind: "release", blob: 0 }),
    { kind: "settle" },
    { kind: "reboot" },
    { kind: "compact" },
    { kind: "parity" },
    { kind: "settle" },
    { kind: "scrub" },
    { kind: "settle" },
    { kind: "append", bytes: 700 },
    { kind: "crash", after: 4 },
    put(0, 1, 5000),
    { kind: "settle" },
    { kind: "rebuild" },
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

/** Power failures on a machine with so many pending changes: every subset of them, if few. */
function* everySubset(pending: number): Generator<CrashOptions> {
  const subset = (mask: number): CrashOptions => {
    let number = 0;
    const keep = (): boolean => ((mask >>> (number++ % 32)) & 1) === 1;
    return { keep, tear: false, staleLength: false };
  };
  const all = 2 ** Math.min(pending, PENDING_ALL_MAX);
  for (let mask = 0; mask < all; mask++) yield subset(mask);
  if (pending > PENDING_ALL_MAX) yield* [subset(-1), {}];
}

interface Site {
  readonly history: readonly CoreOperation[];
  readonly request: number;
  readonly seed: number;
}

/** All sequences of one, two and three steps, beginning with the one that the seed chooses. */
function* sequences(seed: number): Generator<CoreOperation[]> {
  const names = Object.keys(STEPS);
  const sum = (length: number): number => names.length ** length;
  const count = sum(1) + sum(2) + sum(3);
  for (let turn = 0; turn < count; turn++) {
    let number = (seed + turn) % count;
    let length = 1;
    while (number >= sum(length)) number -= sum(length++);
    const steps: CoreOperation[] = [];
    for (; length > 0; length--) {
      steps.push(...(STEPS[names[number % names.length] as string] as CoreOperation[]));
      number = Math.floor(number / names.length);
    }
    yield [...steps, { kind: "settle" }];
  }
}

test("a power failure at every change of the disk in every sequence of up to three steps", async () => {
  const core = await SimCore.load();
  const endAt = performance.now() + testBudgetMs(QUICK_MS, 0.6);
  const seed = testSeed();
  const covered = { sequences: 0, sites: 0, recoveries: 0 };
  const rate = cpuRate();
  let complete = true;
  for (const history of sequences(seed)) {
    if (performance.now() > endAt && covered.sites > SITES_MIN) {
      complete = false;
      break;
    }
    const options = core.options(seed);
    const of = { failures: everySubset, scope: "steps", copiesMax: Infinity } as const;
    const probes = new CrashProbes({ ...options, ...of, againOf16: 0 });
    try {
      await new CrashRunner({ ...options, probes }).run(history);
    } catch (error) {
      throw new Error(`FIRN_SEED=${seed}: ${JSON.stringify(history)}`, { cause: error });
    }
    covered.sequences++;
    covered.sites += probes.sites;
    covered.recoveries += probes.recoveries;
  }
  const perCpuMinute = rate(covered.recoveries);
  addRecoveries(covered.recoveries, perCpuMinute);
  printLine(`every subset: ${JSON.stringify({ ...covered, complete, perCpuMinute })}`);
  expect(covered.sites).toBeGreaterThan(SITES_MIN);
});

/** What is asked of which kind of file: a place where the disk may fail. */
function siteOf({ operation, path }: DiskRequest): string {
  return `${operation} ${path.replace(/\d{10}/, "N").replace(/\d{4}/, "F")}`;
}

/** The request of each site that comes first, and the history that makes it. */
async function findSites(core: SimCore): Promise<Map<string, Site>> {
  const sites = new Map<string, Site>();
  for (const seed of SITE_SEEDS) {
    for (const history of Object.values(SCENARIOS)) {
      const onRequest = (request: DiskRequest, number: number): void => {
        const name = siteOf(request);
        if (!sites.has(name)) sites.set(name, { history, request: number, seed });
      };
      await new CrashRunner({ ...core.options(seed, undefined, PARITY), onRequest }).run(history);
    }
  }
  return sites;
}

test("no place where the disk may fail is left out: each fails in every way", async () => {
  const core = await SimCore.load();
  const endAt = performance.now() + testBudgetMs(QUICK_MS, 0.1);
  const seed = testSeed();
  const sites = [...(await findSites(core))];
  expect(sites.map(([site]) => site).sort()).toEqual([...SITES].sort());
  let struck = 0;
  for (let turn = 0; turn < sites.length; turn++) {
    const [site, { history, ...at }] = sites[(seed + turn) % sites.length] as [string, Site];
    for (const [fault, sticky] of STRIKES) {
      const strike: Strike = { request: at.request, fault, sticky };
      const runner = new CrashRunner({ ...core.options(at.seed, undefined, PARITY), strike });
      await runner.run(history).catch((error: unknown) => {
        throw new Error(`${fault} at ${site}${sticky ? ", for good" : ""}`, { cause: error });
      });
      if (!sticky) expect(runner.struck && siteOf(runner.struck)).toBe(site);
      struck++;
    }
    if (performance.now() > endAt && turn >= SITES_MIN) break;
  }
  printLine(`faults at ${sites.length} sites: ${struck}`);
});

for (const sticky of [false, true]) {
  test(`invariant 5: every disk request fails ${sticky ? "from then on" : "once"}`, async () => {
    const core = await SimCore.load();
    const covered = await atEverySite(async (history, request, seed) => {
      let struck: unknown;
      for (const fault of FAULTS) {
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
