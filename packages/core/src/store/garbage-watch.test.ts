import { afterEach, beforeEach, expect, test } from "vitest";
import { coreError } from "../errors.ts";
import { ManualClock } from "../platform/clocks.ts";
import { turn } from "../platform/macrotask.ts";
import { GarbageWatch } from "./garbage-watch.ts";

const GIB = 1024 ** 3;

/** A clock whose real time is its own. */
class WatchedClock extends ManualClock {
  override monotonicMs(): number {
    return this.now();
  }
}

let clock: WatchedClock;
let watch: GarbageWatch;
let runs: string[];
let fails: Error | undefined;
let takesMs: number;

beforeEach(() => {
  clock = new WatchedClock(0);
  runs = [];
  fails = undefined;
  takesMs = 0;
  watch = new GarbageWatch({
    clock,
    run: async ({ garbageAllowed }) => {
      runs.push(`${clock.now()} ${garbageAllowed === 0 ? "thorough" : "hasty"}`);
      for (const endMs = clock.now() + takesMs; clock.now() < endMs;) await turn();
      if (fails !== undefined) throw fails;
      return { segmentsBefore: 1, segmentsAfter: 1, freedBytes: 0, liveBytes: 0, garbageBytes: 0 };
    },
    storedBytes: () => GIB,
    expire: () => undefined,
  });
  watch.start();
});

afterEach(() => watch.stop());

async function pass(ms: number): Promise<string[]> {
  for (let step = 0; step < ms; step += 500) {
    clock.advance(500);
    await turn();
  }
  return runs.splice(0);
}

test("what former processes left is looked at a minute after the opening, and then nothing more", async () => {
  expect(await pass(59_500)).toEqual([]);
  expect(await pass(500)).toEqual(["60000 thorough"]);
  expect(await pass(600_000)).toEqual([]);
});

test("a little garbage waits for ten quiet seconds", async () => {
  await pass(61_000);
  for (let second = 0; second < 30; second++) {
    watch.note(1000);
    expect(await pass(1000)).toEqual([]);
  }
  expect(await pass(20_000)).toEqual(["100000 thorough"]);
});

test("much garbage is worth a run at once, which copies little; the rest waits for quiet", async () => {
  await pass(61_000);
  watch.note(GIB / 16);
  expect(await pass(1000)).toEqual(["62000 hasty"]);
  watch.note(1000);
  expect(await pass(9000)).toEqual([]);
  expect(await pass(1000)).toEqual(["72000 thorough"]);
  watch.note(GIB / 16);
  expect(await pass(20_000)).toEqual(["73000 hasty", "83000 thorough"]);
});

test("a long run is followed by as long a break, however much garbage there is", async () => {
  await pass(61_000);
  takesMs = 5000;
  watch.note(GIB);
  expect(await pass(2000)).toEqual(["62000 hasty"]);
  watch.note(GIB);
  expect(await pass(8500)).toEqual([]);
  expect(await pass(500)).toEqual(["72000 hasty"]);
});

test("a full disk or a damaged index is met again a minute later; what fails the store is not", async () => {
  fails = coreError("FIRN_DISK_FULL", "full");
  expect(await pass(61_000)).toHaveLength(1);
  expect(watch.failure).toBe(fails);
  expect(await pass(60_000)).toHaveLength(1);
  fails = coreError("FIRN_RECORD_CORRUPT", "rot");
  expect(await pass(60_000)).toHaveLength(1);
  fails = new Error("EIO");
  expect(await pass(60_000)).toHaveLength(1);
  expect(await pass(600_000)).toEqual([]);
});
