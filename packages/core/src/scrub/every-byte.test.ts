import {
  SIM_DIRECTORY,
  SIM_LIMITS,
  SimTime,
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
import { runsIndex } from "../index/runs/runs-index.ts";
import { Manifest } from "../log/manifest.ts";
import { segmentPath } from "../log/segment-files.ts";
import { makeTemporaryDirectory } from "../platform/directories.ts";
import { NodeFileSystem } from "../platform/node-file-system.ts";
import { SeededRandom } from "../platform/random.ts";
import { keyFromBytes } from "../seal/key-bytes.ts";
import type { EncryptionOption } from "../seal/open-sealing.ts";
import type { LogStore } from "../store.ts";
import { openStore } from "../store/open-store.ts";
import type { OpenStoreOptions } from "../store/open-store.ts";
import type { Store } from "../store-api.ts";
import { scrubStore } from "./scrub-store.ts";

const QUICK_MS = 600;
const SPACE = 16;
/** Just more than what goes into the log. */
const BLOB_BYTES = 65_600;
/** What there is in a store's directory. */
const KINDS = ["extents", "index", "log", "manifest", "manifest.copy", "parity"];
const LIMITS = { ...SIM_LIMITS, segmentBytes: 256 * 1024, cacheBytes: 1 };

/** Writes that reach every kind of record, and are closed cleanly. */
async function write(store: LogStore): Promise<string> {
  const retention = { ms: 1e9 };
  await store.transact((tx) => tx.createKeySpace({ indexedValueBytes: 16, retention }));
  const staged = await store.blobs.stage(new Uint8Array(BLOB_BYTES).fill(7));
  const blob = await store.transact((tx) => tx.attachBlob(staged));
  for (const bytes of [5, 300, 40, 2000, 9, 700]) {
    const value = new Uint8Array(bytes).fill(bytes);
    await store.transact((tx) => tx.put(SPACE, Buffer.from(`k${bytes}`), value));
  }
  await store.transact((tx) => tx.delete(SPACE, Buffer.from("k40")));
  const dropped = await store.transact((tx) => tx.createKeySpace());
  await store.transact((tx) => tx.dropKeySpace(dropped));
  const stream = store.stream(SPACE);
  stream.append(await stream.reserve(100), [new Uint8Array(100).fill(9)]);
  await store.pin("a reader", 3);
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

interface Written {
  readonly path: string;
  readonly bytes: number;
}

interface SimStore {
  readonly machine: OpenMachine;
  readonly options: (machine: OpenMachine) => OpenStoreOptions;
  readonly blob: string;
  readonly state: string;
  /** Files with the bytes of each that were written to mean something. */
  readonly files: readonly Written[];
}

async function makeSimStore(hasher: Hasher, encryption: EncryptionOption): Promise<SimStore> {
  const parity = { segments: "all", coldAfterMs: 0 } as const;
  const options = (machine: OpenMachine): OpenStoreOptions => ({
    ...machine,
    index: runsIndex({ fileSystem: machine.fileSystem, hasher, cacheBytes: 16 * 1024 }),
    realTime: new SimTime(),
    directory: SIM_DIRECTORY,
    hasher,
    limits: LIMITS,
    parity,
    compaction: "off",
    encryption,
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

const key = { key: new Uint8Array(32).fill(7), random: new SeededRandom(7) };
const STORES: readonly (readonly [string, EncryptionOption])[] = [
  ["plain", undefined],
  ["encrypted", { keys: keyFromBytes(key) }],
];

const isBulk = (path: string): boolean => /\/(extents|parity)\//.test(path);
const sum = (files: readonly Written[]): number => files.reduce((all, { bytes }) => all + bytes, 0);

test.for(STORES)(
  "every changed byte of log, index and manifest is found, never served, and healed: %s",
  async ([name, encryption]) => {
    const random = new SeededRandom(testSeed());
    const store = await makeSimStore(await loadHasher(), encryption);
    const kinds = new Set(store.files.map(({ path }) => path.split("/")[2]));
    expect([...kinds].sort()).toEqual(KINDS);
    const files = store.files.filter(({ path }) => !isBulk(path));
    const covered = { flips: 0, served: 0, total: sum(files) };
    for (const place of places(covered.total, 0.12, random)) {
      let at = place;
      const { path } = files.find(({ bytes }) => at < bytes || (at -= bytes) < 0) as Written;
      const copy = flipped(store.machine, [[path, at]], random);
      const where = `${path}, byte ${at}`;
      const before = await show(store.options(forkMachine(copy, 1)), store.blob);
      if (before === store.state) covered.served++;
      else expect(before, where).toMatch(/^FIRN_(RECORD_CORRUPT|STORE_DAMAGED)$/);
      await healed(store, copy, where);
      covered.flips++;
    }
    printCovered(`${name}, found and healed`, covered);
  },
);

test.for(STORES)("every changed byte of a blob is refused: %s", async ([name, encryption]) => {
  const random = new SeededRandom(testSeed());
  const { machine, options, blob, files } = await makeSimStore(await loadHasher(), encryption);
  const extent = files.find(({ path }) => path.includes("/extents/")) as Written;
  const whole = machine.fileSystem.peek(extent.path);
  const copy = forkMachine(machine, 1);
  await copy.fileSystem.remove(`${SIM_DIRECTORY}/parity`);
  const store = await openStore({ ...options(copy), parity: undefined });
  const covered = { flips: 0, refused: 0, total: extent.bytes };
  for (const at of places(extent.bytes, 0.04, random)) {
    const byte = whole[at] as number;
    copy.fileSystem.damage(extent.path, at, () => byte ^ (1 << random.below(8)));
    let bytes = 0;
    try {
      for await (const part of store.blobs.read(blob)) {
        expect(
          part.every((one) => one === 7),
          `byte ${at} was changed, and served`,
        ).toBe(true);
        bytes += part.length;
      }
      expect(bytes).toBe(BLOB_BYTES);
    } catch (error) {
      expect((error as FirnError).code, `byte ${at}`).toBe("FIRN_RECORD_CORRUPT");
      covered.refused++;
    }
    copy.fileSystem.damage(extent.path, at, () => byte);
    covered.flips++;
  }
  await store.close();
  printCovered(`${name}, a blob's segment`, covered);
  // Nobody reads the segment's own header, and nothing else is passed over.
  if (covered.flips === covered.total) {
    expect(covered.refused).toBeGreaterThanOrEqual(BLOB_BYTES + 16);
  }
});

test.for(STORES)(
  "every changed byte of blobs and parity is found and healed, as are several at once: %s",
  async ([name, encryption]) => {
    const random = new SeededRandom(testSeed());
    const store = await makeSimStore(await loadHasher(), encryption);
    const files = store.files.filter(({ path }) => isBulk(path));
    const covered = { flips: 0, scrubs: 0, total: sum(files) };
    // Of a segment and its parity four ranges may be lost: far apart, each is one of its own.
    const walks = files.map(({ path, bytes }) => {
      const each = path.includes("/extents/") ? 3 : 1;
      return { path, bytes, each, steps: Math.ceil(bytes / each) };
    });
    const steps = Math.max(...walks.map((walk) => walk.steps));
    for (const step of places(steps, 0.2, random)) {
      const flips = walks.flatMap(({ path, bytes, each, steps: length }) =>
        Array.from({ length: each }, (_, nth) => [path, step + nth * length] as const).filter(
          ([, at]) => step < length && at < bytes,
        ),
      );
      const copy = flipped(store.machine, flips, random);
      await healed(store, copy, JSON.stringify(flips));
      covered.flips += flips.length;
      covered.scrubs++;
    }
    printCovered(`${name}, blobs and parity`, covered);
  },
);

/** The machine with one bit of each of those bytes changed. */
function flipped(
  machine: OpenMachine,
  flips: readonly (readonly [string, number])[],
  random: SeededRandom,
): OpenMachine {
  const copy = forkMachine(machine, 1);
  for (const [path, at] of flips) {
    copy.fileSystem.damage(path, at, (byte) => byte ^ (1 << random.below(8)));
  }
  return copy;
}

/** A scrub finds the damage, and leaves the files, or at least what they hold, as they were. */
async function healed(store: SimStore, copy: OpenMachine, where: string): Promise<void> {
  const { machine, options, blob, state, files } = store;
  const { fileSystem, index, hasher } = options(copy);
  const place = { directory: SIM_DIRECTORY, fileSystem, index, hasher };
  const { repaired, problems } = await scrubStore(place);
  expect(problems, where).toEqual([]);
  expect(repaired.length, where).toBeGreaterThan(0);
  if (files.every(({ path }) => isSame(copy, machine, path))) return;
  expect(await show(options(restartMachine(copy, "kill")), blob), where).toBe(state);
}

function printCovered(
  name: string,
  covered: { readonly flips: number; readonly total: number },
): void {
  const complete = covered.flips === covered.total;
  printLine(`${name}: ${JSON.stringify({ ...covered, complete })}`);
  expect(covered.flips).toBeGreaterThan(1);
}

/** Is the file again what it was, byte for byte? */
function isSame(copy: OpenMachine, machine: OpenMachine, path: string): boolean {
  if (!copy.fileSystem.files().includes(path)) return false;
  return Buffer.compare(copy.fileSystem.peek(path), machine.fileSystem.peek(path)) === 0;
}

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
