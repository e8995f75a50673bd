import {
  SimCore,
  forkMachine,
  latin1,
  latin1Bytes,
  makeMachine,
  readCore,
  restartMachine,
} from "@firn/testing";
import type { OpenMachine } from "@firn/testing";
import { afterEach, beforeEach, expect, test } from "vitest";

import type { StreamOwner } from "../store-api.ts";

const LIMITS = { segmentBytes: 8 * 1024, prepareBytes: 4096, memtableKeys: 10_000 };

/** The store with what only tests and tools call. */
type OpenedStore = Awaited<ReturnType<SimCore["open"]>>;

let core: SimCore;
let machine: OpenMachine;
let store: OpenedStore;
let space: number;

beforeEach(async () => {
  core = await SimCore.load();
  machine = makeMachine(3);
  store = await core.open(machine, LIMITS);
  space = await store.openKeySpace("things", { indexedValueBytes: 16 });
});

afterEach(() => store.close());

async function put(name: string, value: string): Promise<void> {
  await store.transact((tx) => tx.put(space, latin1Bytes(name), latin1Bytes(value)));
}

async function remove(name: string): Promise<void> {
  await store.transact((tx) => tx.delete(space, latin1Bytes(name)));
}

/** Writes something else until `segments` more of the log are full. */
async function roll(segments = 2): Promise<void> {
  for (let at = 0; at < segments * 4; at++) await put("filler", "f".repeat(2500));
}

async function stateOf(): Promise<string> {
  return JSON.stringify([...(await readCore(store, { spaces: [space], blobs: [] }))]);
}

function segments(): string[] {
  return machine.fileSystem.files().filter((path) => path.includes("/log/"));
}

function segmentBytes(): number {
  return segments().reduce((sum, path) => sum + machine.fileSystem.peek(path).length, 0);
}

async function reopen(how: "crash" | "kill", losesIndex = false): Promise<void> {
  machine = restartMachine(machine, how);
  if (losesIndex) machine = { ...machine, index: machine.index.lost() };
  store = await core.open(machine, LIMITS);
}

test("invariant 8: overwriting leaves no more on the disk than what is there, and nothing is lost", async () => {
  for (let round = 0; round < 12; round++) {
    for (let at = 0; at < 10; at++) await put(`k${at}`, `${round}.`.repeat(200));
  }
  await put("once", "long".repeat(300));
  await roll();
  const state = await stateOf();
  const { bytesFreed } = await store.compact();
  expect(bytesFreed).toBeGreaterThan(0);
  // 96 KB were written, 10 KB are left, and a segment or two that still fill.
  expect(segmentBytes()).toBeLessThan(40_000);
  expect(await stateOf()).toBe(state);
  await store.close();
  expect(await core.check(forkMachine(machine, 1))).toEqual([]);
  await reopen("kill");
  expect(await stateOf()).toBe(state);
});

test("what compaction left is enough to make the index again", async () => {
  for (let at = 0; at < 60; at++) await put(`k${at % 13}`, `v${at}`.repeat(100));
  for (let at = 0; at < 60; at += 7) await remove(`k${at % 13}`);
  await roll();
  await store.compact();
  await roll();
  await store.compact();
  const state = await stateOf();
  await store.close();
  await reopen("kill", true);
  expect(await stateOf()).toBe(state);
  await put("more", "after");
  const lsn = store.durableLsn;
  await store.close();
  await reopen("crash", true);
  expect(store.durableLsn).toBeGreaterThanOrEqual(lsn);
});

test("a deletion stays until nothing older may hold its key, and no value rises again", async () => {
  await put("alive", "a".repeat(2000));
  await put("gone", "old".repeat(900));
  await roll(1);
  await remove("gone");
  await roll();
  const view = store.view();
  await store.compact();
  await store.close();
  view.close();
  await reopen("kill", true);
  expect(await store.get(space, latin1Bytes("gone"))).toBeUndefined();
  expect(await store.get(space, latin1Bytes("alive"))).toHaveLength(2000);
  await roll();
  await store.compact();
  const bytes = Buffer.concat(segments().map((path) => machine.fileSystem.peek(path)));
  expect(bytes.includes("gone")).toBe(false);
});

test("a deletion stays as long as a segment that gains nothing by packing holds its key", async () => {
  // So little of the first segment is garbage that it stays as it is.
  await store.transact((tx) => {
    tx.put(space, latin1Bytes("gone"), latin1Bytes("x"));
    tx.put(space, latin1Bytes("alive"), latin1Bytes("a".repeat(7000)));
  });
  await roll(1);
  await remove("gone");
  const [first] = segments();
  for (let at = 0; at < 200; at++) await put(`k${at % 20}`, `${at}`.padEnd(1000, "x"));
  expect(segmentBytes()).toBeLessThan(200_000);
  expect(segments()).toContain(first);
  await store.close();
  await reopen("kill", true);
  expect(await store.get(space, latin1Bytes("gone"))).toBeUndefined();
  expect(await store.get(space, latin1Bytes("alive"))).toHaveLength(7000);
});

test("the newest deletion of all may go, and its LSN is never given again", async () => {
  await roll(3);
  await put("short", "life");
  await remove("short");
  const { durableLsn } = store;
  await store.transact((tx) => tx.dropKeySpace(space));
  space = await store.openKeySpace("others");
  await roll();
  await store.compact();
  await store.close();
  await reopen("crash", true);
  space = await store.openKeySpace("others");
  expect(store.durableLsn).toBeGreaterThan(durableLsn);
  await store.transact((tx) => expect(tx.lsn).toBe(store.durableLsn + 1));
});

test("a view reads what it saw, whatever is compacted meanwhile, and the files go when it closes", async () => {
  for (let at = 0; at < 20; at++) await put(`k${at}`, `old${at}`.repeat(150));
  await roll();
  await store.checkpoint();
  const view = store.view();
  for (let at = 0; at < 20; at++) await put(`k${at}`, `new${at}`.repeat(150));
  await roll();
  await store.compact();
  const held = segments().length;
  for (let at = 0; at < 20; at++) {
    const value = await view.get(space, latin1Bytes(`k${at}`));
    expect(latin1(value as Uint8Array)).toBe(`old${at}`.repeat(150));
  }
  view.close();
  await store.checkpoint();
  expect(segments().length).toBeLessThan(held);
});

test("nothing at or above a pin is thinned: a feed from there misses nothing", async () => {
  for (let at = 0; at < 20; at++) await put(`k${at % 3}`, `v${at}`.repeat(300));
  const from = store.durableLsn + 1;
  await store.pin("reader", from);
  for (let at = 0; at < 20; at++) await put(`k${at % 3}`, `w${at}`.repeat(300));
  await roll();
  await store.compact();
  const feed = store.changes(from, { spaces: [space] });
  const seen: string[] = [];
  for await (const { writes } of feed) {
    for (const { key, value } of writes) {
      if (latin1(key) !== "filler") seen.push(latin1(value as Uint8Array).slice(0, 3));
    }
    if (seen.length === 20) break;
  }
  expect(seen).toEqual(Array.from({ length: 20 }, (_, at) => `w${at}`.repeat(300).slice(0, 3)));
  expect(() => store.changes(1)).toThrow(expect.objectContaining({ code: "FIRN_CHANGES_GONE" }));
});

test("segments of which nothing is left have no file, and small ones are merged", async () => {
  for (let round = 0; round < 30; round++) {
    await put(`keep${round}`, "k".repeat(100));
    await roll(1);
  }
  await store.compact();
  expect(segments().length).toBeLessThan(5);
  expect(await store.get(space, latin1Bytes("keep17"))).toHaveLength(100);
});

test("an open store brings space back by itself: twice what there is, and a constant", async () => {
  const keys = 40;
  let most = 0;
  for (let at = 0; at < 600; at++) {
    await put(`k${(at * 7919) % keys}`, `${at}`.padEnd(1000, "x"));
    if (at > 200) most = Math.max(most, segmentBytes());
  }
  const head = keys * 1100;
  const constant = 8 * LIMITS.segmentBytes;
  expect(most).toBeLessThan(2 * head + constant);
});

test("of a stream's records their owner says what stays, and what is gone is told as gone", async () => {
  const stream = store.stream(space);
  const places: number[] = [];
  for (let at = 0; at < 12; at++) {
    const room = await stream.reserve(4000);
    const { position } = stream.append(room, [Buffer.alloc(4000, 65 + at)]);
    places.push(position);
  }
  await stream.barrier();
  await roll();
  const owner: StreamOwner = {
    liveness: async (_, { position, body }) => {
      const at = places.indexOf(position);
      if (at === 0) return "all";
      return at % 2 === 0 ? [] : [{ start: 1000, end: body.length - at }];
    },
  };
  store.ownStreams(owner);
  await store.compact();
  const last = await stream.lastLsn();
  for (const losesIndex of [false, true]) {
    const again = store.stream(space);
    expect(latin1(again.readSync(places[0] as number, 4000))).toBe("A".repeat(4000));
    expect(latin1(again.readSync((places[3] as number) + 1000, 500))).toBe("D".repeat(500));
    expect(() => again.readSync(places[3] as number, 500)).toThrow(
      expect.objectContaining({ code: "FIRN_POSITION_GONE" }),
    );
    await expect(again.read(places[2] as number, 8)).rejects.toMatchObject({
      code: "FIRN_POSITION_GONE",
    });
    const bodies: Uint8Array[] = [];
    for await (const { body } of again.replay(1)) bodies.push(body);
    expect(bodies.length).toBeGreaterThanOrEqual(7);
    expect(bodies.every((body) => body.length === 4000)).toBe(true);
    expect(await again.lastLsn()).toBe(last);
    await store.close();
    await reopen("kill", losesIndex);
    store.ownStreams(owner);
  }
});

test("a damaged segment is left alone, and the rest is compacted", async () => {
  for (let round = 0; round < 10; round++) {
    for (let at = 0; at < 10; at++) await put(`k${at}`, `${round}.`.repeat(200));
  }
  await roll();
  await store.close();
  await reopen("kill");
  const [damaged] = segments() as [string];
  machine.fileSystem.damage(damaged, 3000, (byte) => byte ^ 1);
  const report = await store.compact();
  expect(report.segmentsReplaced).toBeGreaterThan(0);
  expect(segments()).toContain(damaged);
});

test("packed segments are packed again, and a store that has them says so", async () => {
  for (let round = 0; round < 6; round++) {
    for (let at = 0; at < 10; at++) await put(`k${at}`, `${round}.`.repeat(200));
    await put(`only${round}`, "o".repeat(500));
    await roll();
    await store.compact();
  }
  for (let round = 0; round < 6; round++) {
    expect(await store.get(space, latin1Bytes(`only${round}`))).toHaveLength(500);
  }
  const text = Buffer.from(machine.fileSystem.peek("/data/manifest")).toString("latin1");
  expect(text).toContain('"packed-segments"');
});

test("on a full disk deletions go on, and compaction makes room without a restart", async () => {
  await store.close();
  machine = makeMachine(4);
  store = await core.open(machine, { ...LIMITS, segmentBytes: 64 * 1024, prepareBytes: 32 * 1024 });
  space = await store.openKeySpace("things");
  for (let at = 0; at < 60; at++) await put(`k${at}`, "v".repeat(4000));
  await store.compact();
  expect(machine.fileSystem.files()).toContain("/data/reserve");
  machine.fileSystem.capacityBytes = machine.fileSystem.usedBytes;
  const fill = async (): Promise<void> => {
    for (let at = 0; at < 40; at++) await put(`more${at}`, "m".repeat(4000));
  };
  await expect(fill()).rejects.toMatchObject({ code: "FIRN_DISK_FULL" });
  await store.transact((tx) => {
    for (let at = 0; at < 60; at++) tx.delete(space, latin1Bytes(`k${at}`));
  });
  await store.compact();
  await fill();
  expect(await store.get(space, latin1Bytes("more39"))).toHaveLength(4000);
  expect(await store.get(space, latin1Bytes("k7"))).toBeUndefined();
});

test("a power failure at any step of a compaction loses nothing, whatever the disk kept", async () => {
  for (let round = 0; round < 2; round++) {
    for (let at = 0; at < 7; at++) await put(`k${at}`, `${round}.`.repeat(300));
    await remove("k6");
  }
  await roll(1);
  const state = await stateOf();
  await store.close();
  const found = machine;
  let steps = 0;
  for (let halted = true; halted; steps++) {
    for (const keeps of [true, false]) {
      machine = forkMachine(found, steps);
      halted = await compactUpTo(steps);
      const fileSystem = machine.fileSystem.crash({
        keep: () => keeps,
        tear: false,
        staleLength: false,
      });
      const index = steps % 2 === 0 ? machine.index.crash() : machine.index.lost();
      machine = { ...restartMachine(machine, "crash"), fileSystem, index };
      expect(await core.check(forkMachine(machine, 1)), `step ${steps}`).toEqual([]);
      store = await core.open(machine, LIMITS);
      expect(await stateOf(), `step ${steps}`).toBe(state);
      await store.close();
    }
  }
  expect(steps).toBeGreaterThan(20);
  await reopen("kill");
});

/** Opens and compacts until the disk stops at its `steps`th request; false when it never did. */
async function compactUpTo(steps: number): Promise<boolean> {
  store = await core.open(machine, LIMITS);
  let count = 0;
  const stopped = new Promise<boolean>((resolve) => {
    machine.fileSystem.hook = () => {
      if (count++ !== steps) return undefined;
      resolve(true);
      return "halt";
    };
  });
  return Promise.race([stopped, store.compact().then(() => false)]);
}
