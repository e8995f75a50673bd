import {
  SIM_DIRECTORY,
  SIM_LIMITS,
  forkMachine,
  makeMachine,
  printLine,
  readCore,
  restartMachine,
  testBudgetMs,
  testSeed,
} from "@firn/testing";
import type { OpenMachine } from "@firn/testing";
import { expect, test } from "vitest";
import { FirnError } from "../errors.ts";
import { loadHasher } from "../hasher.ts";
import type { Hasher } from "../hasher.ts";
import { levelIndex } from "../index/level-index.ts";
import { Manifest } from "../log/manifest.ts";
import { segmentPath } from "../log/segment-files.ts";
import { makeTemporaryDirectory } from "../platform/directories.ts";
import { NodeFileSystem } from "../platform/node-file-system.ts";
import { SeededRandom } from "../platform/random.ts";
import type { LogStore } from "../store.ts";
import { openStore } from "../store/open-store.ts";
import type { OpenStoreOptions } from "../store/open-store.ts";
import type { Store } from "../store-api.ts";
import { scrubStore } from "./scrub-store.ts";

const QUICK_MS = 2000;
const SPACE = 16;
const LIMITS = { ...SIM_LIMITS, segmentBytes: 256 * 1024, cacheBytes: 1 };

/** Writes that reach every kind of record, and are closed cleanly. */
async function write(store: LogStore): Promise<string> {
  await store.transact((tx) => tx.createKeySpace({ indexedValueBytes: 16 }));
  const staged = await store.blobs.stage(new Uint8Array(70_000).fill(7));
  const blob = await store.transact((tx) => tx.attachBlob(staged));
  for (const bytes of [5, 300, 40, 2000, 9, 700]) {
    const value = new Uint8Array(bytes).fill(bytes);
    await store.transact((tx) => tx.put(SPACE, Buffer.from(`k${bytes}`), value));
  }
  await store.transact((tx) => tx.delete(SPACE, Buffer.from("k40")));
  await store.close();
  return blob;
}

/** What a store shows, or the code of what it gives instead. */
async function show(options: OpenStoreOptions, blob: string): Promise<string> {
  let store: Store | undefined;
  try {
    store = await openStore(options);
    const state = await readCore(store, { spaces: [SPACE], blobs: [blob] });
    return JSON.stringify([...state]);
  } catch (error) {
    if (error instanceof FirnError && error.kind === "corruption") return error.code;
    throw error;
  } finally {
    await store?.close();
  }
}

/** Places in the order of a walk that comes by each of them once, if it is given the time. */
function* places(bytes: number, share: number, random: SeededRandom): Generator<number> {
  const endAt = performance.now() + testBudgetMs(QUICK_MS, share);
  let step = 1 + random.below(bytes);
  while (gcd(step, bytes) !== 1) step++;
  let at = random.below(bytes);
  for (let count = 0; count < bytes && performance.now() < endAt; count++) {
    yield at;
    at = (at + step) % bytes;
  }
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

interface SimStore {
  readonly machine: OpenMachine;
  readonly options: (machine: OpenMachine) => OpenStoreOptions;
  readonly blob: string;
  readonly state: string;
  /** Files with the bytes of each that were written to mean something. */
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
}

async function makeSimStore(hasher: Hasher): Promise<SimStore> {
  const parity = { segments: "all", coldAfterMs: 0 } as const;
  const options = (machine: OpenMachine): OpenStoreOptions => ({
    ...machine,
    directory: SIM_DIRECTORY,
    hasher,
    limits: LIMITS,
    parity,
    compaction: "off",
  });
  const first = makeMachine(5);
  const blob = await write(await openStore(options(first)));
  const second = restartMachine(first, "kill");
  const store = await openStore(options(second));
  await store.care.parity.run();
  expect((await store.status()).parity).toMatchObject({ covered: 2, waiting: 0 });
  await store.close();
  const machine = restartMachine(second, "kill");
  const state = await show(options(forkMachine(machine, 1)), blob);
  return { machine, options, blob, state, files: await filesOf(machine, hasher) };
}

async function filesOf(machine: OpenMachine, hasher: Hasher): Promise<SimStore["files"]> {
  const { fileSystem } = machine;
  const manifest = await Manifest.read({ fileSystem, hasher, directory: SIM_DIRECTORY });
  const sealed = new Map(
    manifest?.state.segments.map((entry) => [
      segmentPath(SIM_DIRECTORY, entry),
      entry.sealedBytes as number,
    ]),
  );
  const files = fileSystem.files().filter((path) => !/\/(lock|spare)$/.test(path));
  return files.map((path) => ({ path, bytes: sealed.get(path) ?? fileSystem.peek(path).length }));
}

test("every changed byte of a closed store is found, never served, and healed from parity", async () => {
  const random = new SeededRandom(testSeed());
  const hasher = await loadHasher();
  const { machine, options, blob, state, files } = await makeSimStore(hasher);
  expect(files.map(({ path }) => path.split("/")[2]).sort()).toEqual([
    "extents",
    "log",
    "manifest",
    "manifest.copy",
    "parity",
    "parity",
  ]);
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let flips = 0;
  const flip = async (path: string, at: number): Promise<void> => {
    const copy = forkMachine(machine, at);
    copy.fileSystem.damage(path, at, (byte) => byte ^ (1 << random.below(8)));
    const where = `${path}, byte ${at}`;
    const before = await show(options(forkMachine(copy, 1)), blob);
    if (before !== state) expect(before, where).toMatch(/^FIRN_(RECORD_CORRUPT|STORE_DAMAGED)$/);
    const { fileSystem, index } = copy;
    const scrub = scrubStore({ directory: SIM_DIRECTORY, fileSystem, index, hasher });
    flips++;
    const { repaired, problems } = await scrub;
    expect(problems, where).toEqual([]);
    expect(repaired.length, where).toBeGreaterThan(0);
    expect(await show(options(restartMachine(copy, "kill")), blob), where).toBe(state);
  };
  for (const place of places(total, 0.3, random)) {
    let at = place;
    const { path } = files.find(({ bytes }) => at < bytes || (at -= bytes) < 0) as { path: string };
    await flip(path, at);
    // Small files are not to be passed over.
    const other = files[random.below(files.length)] as (typeof files)[number];
    await flip(other.path, random.below(other.bytes));
  }
  printLine(`found and healed: ${flips} of ${total} bytes`);
  expect(flips).toBeGreaterThan(3);
});

test("every changed byte of LevelDB's files is found by a scrub, and healed", async () => {
  const random = new SeededRandom(testSeed());
  const fileSystem = new NodeFileSystem({ sync: false });
  const directory = await makeTemporaryDirectory();
  const options = { directory, ephemeral: true, index: levelIndex, limits: LIMITS };
  const blob = await write(await openStore(options));
  const state = await show(options, blob);
  const names = await fileSystem.list(`${directory}/index`);
  const paths = names.filter((name) => !/^LO(G|CK)/.test(name)).map((name) => `index/${name}`);
  const whole = new Map<string, Buffer>();
  for (const path of [...paths, "manifest", "manifest.copy"]) {
    whole.set(path, Buffer.from(await fileSystem.readFile(`${directory}/${path}`)));
  }
  const total = paths.reduce((sum, path) => sum + (whole.get(path)?.length ?? 0), 0);
  let flips = 0;
  for (const place of places(total, 0.2, random)) {
    let at = place;
    const size = (path: string): number => whole.get(path)?.length ?? 0;
    const path = paths.find((one) => at < size(one) || (at -= size(one)) < 0) as string;
    await fileSystem.remove(`${directory}/index`);
    await fileSystem.makeDirectory(`${directory}/index`);
    for (const [name, bytes] of whole) {
      const changed = Buffer.from(bytes);
      if (name === path) changed[at] = (changed[at] as number) ^ (1 << random.below(8));
      await fileSystem.remove(`${directory}/${name}`);
      const file = await fileSystem.open(`${directory}/${name}`, { create: true });
      await file.write([changed], 0);
      await file.close();
    }
    const { repaired, problems } = await scrubStore({ directory, index: levelIndex });
    flips++;
    expect([problems, repaired.length > 0], `${path}, byte ${at}`).toEqual([[], true]);
    expect(await show(options, blob), `${path}, byte ${at}`).toBe(state);
  }
  printLine(`found and healed: ${flips} of ${total} bytes`);
  await fileSystem.remove(directory);
  expect(flips).toBeGreaterThan(1);
});
