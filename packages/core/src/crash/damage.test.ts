import {
  SIM_DIRECTORY,
  SimCore,
  codeOf,
  forkMachine,
  latin1Bytes,
  makeMachine,
  printLine,
  readCore,
  restartMachine,
  testBudgetMs,
  testSeed,
} from "@firn/testing";
import type { OpenMachine } from "@firn/testing";
import { beforeAll, expect, test } from "vitest";
import { BLOB_UNIT_BYTES } from "../constants.ts";
import { FirnError } from "../errors.ts";
import { SEGMENT_HEADER_BYTES } from "../log/frame.ts";
import { SeededRandom } from "../platform/random.ts";
import { CHUNK_TABLE_BYTES } from "../store/blob-record.ts";
import type { Store } from "../store-api.ts";

const QUICK_MS = 1500;
/** Fewer show nothing, however slow the machine is. */
const FLIPS_MIN = 10;
const LOG = `${SIM_DIRECTORY}/log/0000/0000000001`;
/** One segment, so that a test knows where things lie. */
const LIMITS = { segmentBytes: 256 * 1024, prepareBytes: 32 * 1024 };
const SPACE = 16;

let core: SimCore;
beforeAll(async () => {
  core = await SimCore.load();
});

interface Written {
  readonly machine: OpenMachine;
  readonly blob: string;
  /** What the store held after each commit, the last one complete. */
  readonly states: readonly string[];
  /** Where the last group begins. */
  readonly lastGroup: number;
  readonly end: number;
}

/** Commits of several sizes, one group each, on a machine whose process has just been killed. */
async function write(end: "kill" | "close"): Promise<Written> {
  const machine = makeMachine(5);
  const store = await core.open(machine, LIMITS);
  let [lastGroup, endOfLog] = [0, 0];
  machine.fileSystem.hook = ({ operation, path, offset, length }) => {
    // Room is prepared in zeros, behind the groups.
    const group = operation === "write" && path === LOG && length < 20_000;
    if (group) [lastGroup, endOfLog] = [offset, offset + length];
    return undefined;
  };
  await store.transact((tx) => tx.createKeySpace({ indexedValueBytes: 16 }));
  const staged = await store.blobs.stage(new Uint8Array(70_000).fill(7));
  const blob = await store.transact((tx) => tx.attachBlob(staged));
  const states = [await stateOf(store, blob)];
  for (const bytes of [5, 300, 40, 2000, 9, 700]) {
    const value = new Uint8Array(bytes).fill(bytes);
    await store.transact((tx) => tx.put(SPACE, latin1Bytes(`k${bytes}`), value));
    states.push(await stateOf(store, blob));
  }
  if (end === "close") await store.close();
  const dead = restartMachine(machine, "kill");
  return { machine: dead, blob, states, lastGroup, end: endOfLog };
}

async function stateOf(store: Store, blob: string): Promise<string> {
  const state = await readCore(store, { spaces: [SPACE], blobs: [blob] });
  return JSON.stringify([...state]);
}

/** What a store shows, or the error that it gives instead. */
async function openAndRead(machine: OpenMachine, blob: string): Promise<string | FirnError> {
  try {
    const store = await core.open(machine, LIMITS);
    const state = await stateOf(store, blob);
    await store.close();
    return state;
  } catch (error) {
    if (error instanceof FirnError) return error;
    throw error;
  }
}

/** Offsets to damage: all of them in a long enough run, a random choice in a short one. */
function* offsets(from: number, to: number, random: SeededRandom): Generator<number> {
  const endAt = performance.now() + testBudgetMs(QUICK_MS, 0.1);
  const stride = 1 + random.below(16);
  let chosen = 0;
  for (let pass = 0; pass < stride; pass++) {
    for (let at = from + pass; at < to; at += stride) {
      if (performance.now() > endAt && chosen > FLIPS_MIN) return;
      chosen++;
      yield at;
    }
  }
}

test("invariant 6: a bad byte at or below the durable LSN is reported, never cut", async () => {
  const { machine, blob, lastGroup } = await write("kill");
  const random = new SeededRandom(testSeed());
  let flips = 0;
  for (const at of offsets(0, lastGroup, random)) {
    const copy = forkMachine(machine, at);
    copy.fileSystem.damage(LOG, at, (byte) => byte ^ (1 << random.below(8)));
    const found = await openAndRead(copy, blob);
    flips++;
    if (typeof found === "string") {
      // Only the padding of a record means nothing.
      expect(found, `byte ${at} was changed and nothing said`).toBe(await untouched(machine, blob));
      continue;
    }
    expect([found.code, at]).toEqual(["FIRN_STORE_DAMAGED", at]);
    expect(found.detail["segment"]).toBe(1);
    expect(found.detail["offset"]).toBeLessThanOrEqual(at);
    expect(found.message).toContain(LOG);
  }
  printLine(`reported: ${flips} flipped bits`);
  expect(flips).toBeGreaterThan(FLIPS_MIN);
});

async function untouched(machine: OpenMachine, blob: string): Promise<string | FirnError> {
  return openAndRead(forkMachine(machine, 1), blob);
}

test("a bad byte in the last group, which nothing calls durable, is cut", async () => {
  const { machine, blob, states, lastGroup, end } = await write("kill");
  const random = new SeededRandom(testSeed());
  for (const at of offsets(lastGroup, end, random)) {
    const copy = forkMachine(machine, at);
    copy.fileSystem.damage(LOG, at, (byte) => byte ^ (1 << random.below(8)));
    const found = await openAndRead(copy, blob);
    expect([states.at(-1), states.at(-2)], `byte ${at}`).toContain(found);
    const problems = await core.check(restartMachine(copy, "crash"));
    // Padding is no record's: nothing is cut for it, and it is reported.
    expect(problems.filter((what) => !what.includes("a byte behind a record"))).toEqual([]);
  }
});

test("invariant 6: damage to a closed store is found by check, and never served", async () => {
  const { machine, blob, states, end } = await write("close");
  const random = new SeededRandom(testSeed());
  for (const at of offsets(0, end, random)) {
    const copy = forkMachine(machine, at);
    copy.fileSystem.damage(LOG, at, (byte) => byte ^ (1 << random.below(8)));
    const problems = await core.check(copy);
    const found = await openAndRead(restartMachine(copy, "kill"), blob);
    if (typeof found === "string") expect(found, `byte ${at}`).toBe(states.at(-1));
    else expect(["FIRN_RECORD_CORRUPT", "FIRN_STORE_DAMAGED"]).toContain(found.code);
    if (typeof found !== "string") expect(problems.length, `byte ${at}`).toBeGreaterThan(0);
  }
});

test("invariant 6: a bad byte of a blob is an error of the unit that holds it", async () => {
  const { machine, blob } = await write("close");
  const extent = machine.fileSystem.files().find((path) => path.includes("/extents/")) as string;
  const damaged = machine.fileSystem.peek(extent).lastIndexOf(7);
  machine.fileSystem.damage(extent, damaged, (byte) => byte ^ 1);
  expect(await core.check(forkMachine(machine, 1))).not.toEqual([]);
  const store = await core.open(machine, LIMITS);
  const read = async (start: number, end: number): Promise<number> => {
    let bytes = 0;
    for await (const part of store.blobs.read(blob, { start, end })) bytes += part.length;
    return bytes;
  };
  expect(await read(0, 65_536)).toBe(65_536);
  await expect(read(65_535, 70_000)).rejects.toMatchObject({ code: "FIRN_RECORD_CORRUPT" });
  await store.close();
});

test("invariant 6: whole units of a blob that changed places are an error", async () => {
  const machine = makeMachine(6);
  const store = await core.open(machine, LIMITS);
  const bytes = new Uint8Array(3 * BLOB_UNIT_BYTES);
  for (const unit of [0, 1, 2]) bytes.fill(unit + 1, unit * BLOB_UNIT_BYTES);
  const staged = await store.blobs.stage(bytes);
  const blob = await store.transact((tx) => tx.attachBlob(staged));
  await store.close();
  const dead = restartMachine(machine, "kill");
  const extent = dead.fileSystem.files().find((path) => path.includes("/extents/")) as string;
  const image = dead.fileSystem.peek(extent);
  const data = image.indexOf(1, SEGMENT_HEADER_BYTES + CHUNK_TABLE_BYTES);
  const table = data - CHUNK_TABLE_BYTES;
  overwrite(dead, extent, data, image.slice(data + BLOB_UNIT_BYTES, data + 2 * BLOB_UNIT_BYTES));
  overwrite(dead, extent, data + BLOB_UNIT_BYTES, image.slice(data, data + BLOB_UNIT_BYTES));
  overwrite(dead, extent, table, image.slice(table + 8, table + 16));
  overwrite(dead, extent, table + 8, image.slice(table, table + 8));
  expect(await core.check(forkMachine(dead, 1))).not.toEqual([]);
  const again = await core.open(dead, LIMITS);
  await expect(again.blobs.read(blob).next()).rejects.toMatchObject({
    code: "FIRN_RECORD_CORRUPT",
  });
  await again.close();
});

test("invariant 2: a group that lies in the log twice is replayed once", async () => {
  const { machine, blob, states, lastGroup, end } = await write("kill");
  const image = machine.fileSystem.peek(LOG);
  const groups = [SEGMENT_HEADER_BYTES, lastGroup];
  for (const start of groups) {
    const copy = forkMachine(machine, start);
    overwrite(copy, LOG, end, image.slice(start, start + end - lastGroup));
    expect(await openAndRead(copy, blob)).toBe(states.at(-1));
    const store = await core.open(restartMachine(copy, "crash"), LIMITS);
    const before = store.durableLsn;
    await store.transact((tx) => tx.put(SPACE, latin1Bytes("k5"), new Uint8Array(1)));
    expect(store.durableLsn).toBe(before + 1);
    await store.close();
  }
});

function overwrite(machine: OpenMachine, path: string, offset: number, bytes: Uint8Array): void {
  bytes.forEach((byte, at) => machine.fileSystem.damage(path, offset + at, () => byte));
}

test("invariant 6: a bad byte of the index is an error, never served", async () => {
  const { machine, blob, states } = await write("close");
  for (let bit = 0; bit < 64; bit++) {
    const copy = forkMachine(machine, bit);
    copy.index.damage(({ key, value }) => {
      const changed = value.slice();
      const at = bit % changed.length;
      changed[at] = (changed[at] as number) ^ (1 << (bit & 7));
      return { key, value: changed };
    });
    const found = await openAndRead(copy, blob);
    if (typeof found === "string") expect(found).toBe(states.at(-1));
    else expect(["FIRN_RECORD_CORRUPT", "FIRN_STORE_DAMAGED"]).toContain(codeOf(found));
  }
});

test("a write that the disk put elsewhere is never served in its place", async () => {
  for (let number = 1; number <= 6; number++) {
    const { machine, blob, states } = await write("kill");
    const copy = forkMachine(machine, number);
    const store = await core.open(copy, LIMITS);
    let writes = 0;
    copy.fileSystem.hook = ({ operation, length }) =>
      operation === "write" && length < 20_000 && ++writes === number ? "misdirected" : undefined;
    for (let commit = 0; commit < 6; commit++) {
      const value = new Uint8Array(100).fill(commit);
      await store.transact((tx) => tx.put(SPACE, latin1Bytes("k5"), value));
    }
    const found = await openAndRead(restartMachine(copy, "crash"), blob);
    if (typeof found !== "string") {
      expect(["FIRN_RECORD_CORRUPT", "FIRN_STORE_DAMAGED"]).toContain(found.code);
      continue;
    }
    // Nothing tells a lost last write from one that never was.
    const last = states.at(-1) as string;
    expect(found.length).toBeGreaterThanOrEqual(last.length);
  }
});
