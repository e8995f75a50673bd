import { SimCore, makeMachine, restartMachine } from "@firn/testing";
import type { OpenMachine } from "@firn/testing";
import { afterEach, beforeEach, expect, test } from "vitest";

/** Groups of half a kilobyte and more ask for room as it is; a segment takes a few dozen. */
const LIMITS = {
  segmentBytes: 32 * 1024,
  prepareBytes: 4096,
  freshGroupBytes: 512,
  memtableKeys: 10_000,
};
const SMALL: Uint8Array = new Uint8Array(16);
const LARGE: Uint8Array = new Uint8Array(1000).fill(7);

let core: SimCore;
let machine: OpenMachine;
let store: Awaited<ReturnType<SimCore["open"]>>;
let space: number;

beforeEach(async () => {
  core = await SimCore.load();
  machine = makeMachine(5);
  store = await core.open(machine, LIMITS);
  space = await store.openKeySpace("things");
});

afterEach(() => store.close());

async function put(from: number, to: number, value: Uint8Array): Promise<void> {
  for (let at = from; at < to; at++) {
    await store.transact((tx) => tx.put(space, Buffer.from(`key ${at}`), value));
  }
}

/** Bytes of zeros at the end of the log's last file. */
function zerosAhead(): number {
  const last = machine.fileSystem
    .files()
    .filter((path) => path.startsWith("/data/log/"))
    .at(-1) as string;
  const bytes = machine.fileSystem.peek(last);
  return bytes.length - 1 - bytes.findLastIndex((byte) => byte !== 0);
}

test("small groups find zeros in front of them, large ones the room as it is", async () => {
  await put(0, 20, SMALL);
  expect(zerosAhead()).toBeGreaterThan(1000);
  await put(20, 150, LARGE);
  expect(zerosAhead()).toBeLessThan(64);
  await put(150, 900, SMALL);
  expect(zerosAhead()).toBeGreaterThan(1000);
});

test("where the disk has little left large groups find zeros too", async () => {
  const { fileSystem } = machine;
  fileSystem.capacityBytes = fileSystem.usedBytes + 3 * LIMITS.segmentBytes;
  await put(0, 50, LARGE);
  expect(zerosAhead()).toBeGreaterThan(1000);
});

test("a group that finds the disk full in room left as it is takes the reserve", async () => {
  await put(0, 120, LARGE);
  const { fileSystem } = machine;
  expect(fileSystem.files()).toContain("/data/reserve");
  // Others have taken all of it since the log looked.
  fileSystem.capacityBytes = fileSystem.usedBytes;
  let durable = 120;
  const fill = async (): Promise<void> => {
    for (; durable < 200; durable++) await put(durable, durable + 1, LARGE);
  };
  await expect(fill()).rejects.toMatchObject({ code: "FIRN_DISK_FULL" });
  expect(durable).toBeGreaterThan(120);
  expect(store.failure).toBeUndefined();
  machine = restartMachine(machine, "crash");
  machine.fileSystem.capacityBytes = Infinity;
  store = await core.open(machine, LIMITS);
  for (let at = 0; at < durable; at++) {
    expect(await store.get(space, Buffer.from(`key ${at}`))).toHaveLength(1000);
  }
});
