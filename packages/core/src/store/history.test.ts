import {
  SimCore,
  SimIndex,
  latin1,
  makeMachine,
  printLine,
  restartMachine,
  testBudgetMs,
  testSeed,
} from "@firn/testing";
import type { OpenMachine, SimMachine } from "@firn/testing";
import { beforeAll, expect, test } from "vitest";
import { loadHasher } from "../hasher.ts";
import type { Hasher } from "../hasher.ts";
import { runsIndex } from "../index/runs/runs-index.ts";
import { SeededRandom } from "../platform/random.ts";
import { historyOfSpace } from "./history-entry.ts";
import { BLOB_SPACE } from "./key-spaces.ts";
import type { KeySpaceId, Lsn, ReadView, Retention, Transaction } from "../store-api.ts";

/** The store with what only tests and tools call. */
type OpenedStore = Awaited<ReturnType<SimCore["open"]>>;

let core: SimCore;
let hasher: Hasher;

beforeAll(async () => {
  core = await SimCore.load();
  hasher = await loadHasher();
});

const KEYS = 7;
const MS = 60_000;
/** Small, so that histories flush, roll and read back all the time. */
const LIMITS = { memtableKeys: 6, segmentBytes: 3000, prepareBytes: 1000 };

type Contents = Map<string, string>;

interface Commit {
  readonly lsn: Lsn;
  readonly writes: readonly (readonly [string, string | undefined])[];
}

/** Every commit of one key space, and so its contents at every LSN. */
class Reference {
  readonly commits: Commit[] = [];

  contentsAt(lsn: Lsn): Contents {
    const contents: Contents = new Map();
    for (const commit of this.commits) {
      if (commit.lsn > lsn) break;
      for (const [key, value] of commit.writes) {
        if (value === undefined) contents.delete(key);
        else contents.set(key, value);
      }
    }
    return new Map([...contents].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

async function contentsOf(view: ReadView, space: KeySpaceId, reverse: boolean): Promise<Contents> {
  const contents: [string, string][] = [];
  for await (const { key, value } of view.range(space, { reverse })) {
    contents.push([latin1(key), latin1(value)]);
  }
  return new Map(reverse ? contents.reverse() : contents);
}

class Run {
  readonly reference: Reference = new Reference();
  /** Views that were compared, and how often the window had moved then. */
  views = 0;
  trims = 0;
  compacted = 0;
  failures = 0;
  #attempts = 0;
  #unsure: (Commit & { readonly marker: string }) | undefined;
  readonly #random: SeededRandom;
  readonly #hasRuns: boolean;
  #machine: OpenMachine;
  store!: OpenedStore;
  space!: KeySpaceId;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
    this.#machine = makeMachine(seed);
    this.#hasRuns = seed % 3 === 0;
  }

  async begin(): Promise<void> {
    this.store = await core.open(this.#equipped(), LIMITS);
    this.space = await this.store.transact((tx) =>
      tx.createKeySpace({ indexedValueBytes: 20, retention: { ms: MS } }),
    );
  }

  async step(): Promise<void> {
    const kind = this.#random.below(34);
    if (kind < 20) await this.#write();
    else if (kind < 22) await this.store.checkpoint();
    else if (kind < 24) await this.store.advanceClock(this.#random.below(MS));
    else if (kind < 25) await this.store.trimHistory();
    else if (kind < 27) await this.#restart("crash");
    else if (kind < 28) await this.#restart("kill");
    else if (kind < 29) await this.#restart("close");
    else if (kind < 30) await this.#rebuild();
    else if (kind < 32) await this.#compact();
    else await this.#powerFailure();
  }

  async #write(): Promise<void> {
    const marker = `marker ${this.#attempts++}`;
    const steps = 1 + this.#random.below(3);
    const writes = new Map<string, string | undefined>([["marker", marker]]);
    for (let i = 0; i < steps; i++) {
      const key = `k${"\0".repeat(this.#random.below(2))}${this.#random.below(KEYS)}`;
      const value = "v".repeat(this.#random.below(60)) + String(this.reference.commits.length);
      writes.set(key, this.#random.below(4) === 0 ? undefined : value);
    }
    await this.store.transact((tx) => {
      for (const [key, value] of writes) apply(tx, this.space, key, value);
      this.#unsure = { lsn: tx.lsn, writes: [...writes], marker };
    });
    this.#sure();
  }

  #sure(): void {
    if (this.#unsure !== undefined) this.reference.commits.push(this.#unsure);
    this.#unsure = undefined;
  }

  /** The power fails at some request of the disk, whatever is going on then. */
  async #powerFailure(): Promise<void> {
    const { fileSystem } = this.#machine;
    let requests = this.#random.below(60);
    const failed = new Promise<"failed">((resolve) => {
      fileSystem.hook = () => {
        if (requests-- > 0) return undefined;
        resolve("failed");
        return "halt";
      };
    });
    const work = [
      () => this.#write(),
      () => this.#write(),
      () => this.store.checkpoint(),
      () => this.store.trimHistory(),
      () => this.store.compact(),
      () => this.store.advanceClock(MS / 4),
    ];
    for (let outcome: unknown; outcome !== "failed";) {
      outcome = await Promise.race([work[this.#random.below(work.length)]?.(), failed]);
    }
    this.failures++;
    await this.#restart("crash");
    const found = await this.store.get(this.space, Buffer.from("marker"));
    if (found !== undefined && latin1(found) === this.#unsure?.marker) this.#sure();
    this.#unsure = undefined;
  }

  async #compact(): Promise<void> {
    this.compacted += (await this.store.compact()).segmentsReplaced;
  }

  async #restart(how: "crash" | "kill" | "close"): Promise<void> {
    if (how === "close") await this.store.close();
    this.#machine = restartMachine(this.#machine, how === "close" ? "kill" : how);
    this.store = await core.open(this.#equipped(), LIMITS);
  }

  async #rebuild(): Promise<void> {
    await this.store.close();
    const index = new SimIndex({ seed: this.#random.below(1000) });
    this.#machine = { ...restartMachine(this.#machine, "kill"), index };
    await this.#machine.fileSystem.remove("/data/index");
    this.store = await core.open(this.#equipped(), LIMITS);
  }

  async verify(): Promise<void> {
    const { store, space, reference } = this;
    // One that the clock has begun would move the window under what follows.
    await store.trimHistory();
    const from = store.retention(space)?.from as Lsn;
    const last = store.durableLsn;
    if (from > (reference.commits[0]?.lsn ?? from)) this.trims++;
    expect(from).toBeLessThanOrEqual(
      Math.max(await store.lsnAt(store.clock.now() - MS), reference.commits[0]?.lsn ?? from),
    );
    for (let lsn = from; lsn <= last; lsn += 1 + this.#random.below(4)) {
      const expected = reference.contentsAt(lsn);
      const view = store.viewAt(lsn);
      expect(await contentsOf(view, space, false)).toEqual(expected);
      expect(await contentsOf(view, space, true)).toEqual(expected);
      for (let key = 0; key < KEYS; key++) {
        const value = await view.get(space, Buffer.from(`k${key}`));
        expect(value && latin1(value)).toBe(expected.get(`k${key}`));
      }
      view.close();
      this.views++;
    }
    if (from > 1) {
      const view = store.viewAt(from - 1);
      await expect(view.get(space, Buffer.from("k1"))).rejects.toMatchObject({
        code: "FIRN_HISTORY_GONE",
        detail: { oldestLsn: from },
      });
      view.close();
    }
  }

  async end(): Promise<void> {
    await this.store.close();
    expect(await core.check(this.#equipped())).toEqual([]);
  }

  /** Every third history has sorted runs on the same disk. */
  #equipped(): SimMachine {
    const { fileSystem } = this.#machine;
    if (!this.#hasRuns) return this.#machine;
    return { ...this.#machine, index: runsIndex({ fileSystem, hasher, cacheBytes: 16 * 1024 }) };
  }
}

function apply(tx: Transaction, space: KeySpaceId, key: string, value: string | undefined): void {
  if (value === undefined) tx.delete(space, Buffer.from(key, "latin1"));
  else tx.put(space, Buffer.from(key, "latin1"), Buffer.from(value));
}

test("a view at every LSN of the window is what a full history says, over crashes and rebuilds", async () => {
  const seed = testSeed();
  const until = performance.now() + testBudgetMs(2000, 0.2);
  const covered = { runs: 0, views: 0, trims: 0, compacted: 0, failures: 0 };
  while (covered.runs < 1 || performance.now() < until) {
    const history = new Run(seed + covered.runs);
    await history.begin();
    for (let step = 0; step < 60; step++) {
      await history.step();
      if (step % 12 === 11) await history.verify();
    }
    await history.end();
    covered.runs++;
    covered.views += history.views;
    covered.trims += history.trims;
    covered.compacted += history.compacted;
    covered.failures += history.failures;
  }
  printLine(`history: ${JSON.stringify(covered)}`);
  expect(covered.views).toBeGreaterThan(0);
}, 600_000);

/** A store with one key space that has (or will get) retention, and nothing at random. */
async function openStore(retention?: Retention): Promise<{
  machine: OpenMachine;
  store: OpenedStore;
  space: KeySpaceId;
}> {
  const machine = makeMachine(7);
  const store = await core.open(machine, LIMITS);
  return { machine, store, space: await store.openKeySpace("things", { retention }) };
}

async function put(
  store: OpenedStore,
  space: KeySpaceId,
  key: string,
  value: string,
): Promise<Lsn> {
  return store.transact((tx) => {
    tx.put(space, Buffer.from(key), Buffer.from(value));
    return tx.lsn;
  });
}

async function valueAt(
  store: OpenedStore,
  lsn: Lsn,
  [space, key]: [KeySpaceId, string],
): Promise<string | undefined> {
  const view = store.viewAt(lsn);
  try {
    const value = await view.get(space, Buffer.from(key));
    return value && latin1(value);
  } finally {
    view.close();
  }
}

test("retention begins with the commit that sets it, whatever lay in the index before", async () => {
  const { store, space } = await openStore();
  for (let i = 0; i < 20; i++) await put(store, space, `k${i % 4}`, `before ${i}`);
  await store.checkpoint();
  expect(store.retention(space)).toBeUndefined();
  await expect(valueAt(store, store.durableLsn, [space, "k1"])).rejects.toMatchObject({
    code: "FIRN_HISTORY_GONE",
  });
  await put(store, space, "k1", "in memory");
  const set = await store.transact((tx) => {
    tx.setRetention(space, { ms: MS });
    return tx.lsn;
  });
  expect(store.retention(space)).toEqual({ ms: MS, from: set, fromTime: store.clock.now() });
  for (let i = 0; i < 20; i++) await put(store, space, `k${i % 4}`, `after ${i}`);
  await store.checkpoint();
  expect(await valueAt(store, set, [space, "k1"])).toBe("in memory");
  expect(await valueAt(store, set, [space, "k2"])).toBe("before 18");
  expect(await valueAt(store, set + 2, [space, "k1"])).toBe("after 1");
  await expect(valueAt(store, set - 1, [space, "k1"])).rejects.toMatchObject({
    code: "FIRN_HISTORY_GONE",
  });
  expect(() => store.viewAt(store.durableLsn + 1)).toThrow("nothing durable has LSN");
  await expect(store.transact((tx) => tx.setRetention(space, { ms: 5 }))).rejects.toMatchObject({
    code: "FIRN_RETENTION",
  });
  await store.close();
});

test("a longer window keeps what is there, and an ended one leaves nothing in the index", async () => {
  const { machine, store, space } = await openStore({ ms: MS });
  const first = await put(store, space, "k", "first");
  await put(store, space, "k", "second");
  await store.transact((tx) => tx.setRetention(space, { ms: 2 * MS }));
  await store.checkpoint();
  expect(await valueAt(store, first, [space, "k"])).toBe("first");
  await store.transact((tx) => tx.setRetention(space, undefined));
  await store.trimHistory();
  await store.close();
  expect(await historyIn(machine, store.id, space)).toBe(0);
});

test("compaction takes nothing that a view in the window may read, nor what a rebuild needs of it", async () => {
  const { machine: before, store, space } = await openStore({ ms: MS });
  const lsns: Lsn[] = [];
  for (let i = 0; i < 60; i++) lsns.push(await put(store, space, `k${i % 3}`, longText(i)));
  await store.transact((tx) => tx.delete(space, Buffer.from("k1")));
  const deleted = store.durableLsn;
  await put(store, space, "k1", "back");
  // The record that said so first is garbage from here on.
  await store.transact((tx) => tx.setRetention(space, { ms: 2 * MS }));
  // More garbage, so that there is something to compact.
  const other = await store.openKeySpace("others");
  for (let i = 0; i < 60; i++) await put(store, other, `k${i % 2}`, longText(i));
  expect((await store.compact()).segmentsReplaced).toBeGreaterThan(0);
  await expectTexts(store, space, lsns);
  expect(await valueAt(store, deleted, [space, "k1"])).toBeUndefined();
  await store.close();
  const machine = { ...restartMachine(before, "kill"), index: new SimIndex({ seed: 9 }) };
  const rebuilt = await core.open(machine, LIMITS);
  await expectTexts(rebuilt, space, lsns);
  expect(await valueAt(rebuilt, deleted, [space, "k1"])).toBeUndefined();
  expect(await rebuilt.status()).toMatchObject({ history: { oldestLsn: 1 } });
  await rebuilt.close();
});

/** Longer than what lives in the index. */
function longText(i: number): string {
  return `${i} `.padEnd(200);
}

async function expectTexts(
  store: OpenedStore,
  space: KeySpaceId,
  lsns: readonly Lsn[],
): Promise<void> {
  for (const [i, lsn] of lsns.entries()) {
    expect(await valueAt(store, lsn, [space, `k${i % 3}`])).toBe(longText(i));
  }
}

test("a view, and a pin, keep the history that they may read; it goes when they do", async () => {
  const { store, space } = await openStore({ ms: MS });
  const first = await put(store, space, "k", "first");
  await put(store, space, "k", "second");
  await store.pin("restore", first);
  const view = store.viewAt(first);
  await store.advanceClock(3 * MS);
  await store.unpin("restore");
  await put(store, space, "k", "third");
  await store.checkpoint();
  await store.trimHistory();
  expect(await view.get(space, Buffer.from("k"))).toEqual(Buffer.from("first"));
  view.close();
  await store.pin("restore", first);
  await store.trimHistory();
  expect(await valueAt(store, first, [space, "k"])).toBe("first");
  await store.unpin("restore");
  await store.trimHistory();
  await expect(valueAt(store, first, [space, "k"])).rejects.toMatchObject({
    code: "FIRN_HISTORY_GONE",
  });
  await store.close();
});

test("history is trimmed by itself as the clock goes on", async () => {
  const { store, space } = await openStore({ ms: MS });
  const first = await put(store, space, "k", "first");
  await put(store, space, "k", "second");
  await store.checkpoint();
  await store.advanceClock(MS + 1);
  await store.advanceClock(MS);
  await expect
    .poll(() => store.retention(space)?.from, { timeout: 2000, interval: 2 })
    .toBeGreaterThan(first);
  await store.close();
});

test("a limit in bytes lets the oldest go before their time", async () => {
  const { store, space } = await openStore({ ms: MS, bytes: 5000 });
  const lsns: Lsn[] = [];
  for (let i = 0; i < 100; i++) lsns.push(await put(store, space, "k", `${i}`.padEnd(500)));
  await store.checkpoint();
  await store.trimHistory();
  const from = store.retention(space)?.from as Lsn;
  expect(from).toBeGreaterThan(lsns[85] as Lsn);
  expect(from).toBeLessThan(lsns[97] as Lsn);
  expect((await valueAt(store, from, [space, "k"]))?.length).toBe(500);
  await store.close();
});

test("a blob can be read as of a view that had it, small or large, until its window is over", async () => {
  const { machine: before, store: first, space } = await openStore({ ms: MS });
  let store = first;
  const ids: string[] = [];
  for (const bytes of [100, 200_000]) {
    const staged = await store.blobs.stage(Buffer.alloc(bytes, 5));
    ids.push(await store.transact((tx) => tx.attachBlob(staged)));
  }
  const lsn = store.durableLsn;
  const now = store.view();
  await store.transact((tx) => ids.forEach((id) => tx.releaseBlob(id)));
  for (const id of ids) {
    await expect(store.blobs.size(id)).rejects.toMatchObject({ code: "FIRN_BLOB_NOT_FOUND" });
    expect(await store.blobs.size(id, { view: now })).toBeGreaterThan(0);
  }
  now.close();
  // Garbage in segments of its own: the blobs' segment is not the last one, which always stays.
  for (let i = 0; i < 3; i++) {
    store.blobs.discard(await store.blobs.stage(Buffer.alloc(200_000, i)));
  }
  expect((await store.compact()).extents.freedBytes).toBeGreaterThan(0);
  await store.close();
  const machine = restartMachine(before, "kill");
  store = await core.open(machine, LIMITS);
  const view = store.viewAt(lsn);
  const sizes = [];
  for (const id of ids) {
    let bytes = 0;
    for await (const part of store.blobs.read(id, { view })) bytes += part.length;
    sizes.push(bytes);
  }
  expect(sizes).toEqual([100, 200_000]);
  view.close();
  await put(store, space, "k", "anything");
  await store.advanceClock(2 * MS);
  await put(store, space, "k", "anything else");
  await store.checkpoint();
  await store.trimHistory();
  await store.close();
  expect(await historyIn(machine, store.id, BLOB_SPACE)).toBe(0);
});

/** Entries that a closed store's index has in the history of a key space. */
async function historyIn(
  { index }: OpenMachine,
  storeId: string,
  space: KeySpaceId,
): Promise<number> {
  const opened = await index.open("/data/index", `${storeId}/1`);
  const [gte, lt] = [historyOfSpace(space), historyOfSpace(space + 1)];
  return (await opened.snapshot().page({ gte, lt, limit: 100 })).length;
}
