import { expect, test } from "vitest";
import { ManualClock } from "../platform/clocks.ts";
import type { ScrubOptions, ScrubReport } from "../status-api.ts";
import { ScrubSchedule } from "./scrub-schedule.ts";

const HOUR_MS = 3_600_000;
const REPORT: ScrubReport = {
  ...{ storeId: "s", files: 1, bytes: 1, durationMs: 1 },
  ...{ repaired: [], problems: [] },
};

/** A store whose scrubs end when the test says so. */
class Scrubbed {
  readonly clock = new ManualClock(0);
  readonly begun: ScrubOptions[] = [];
  readonly told: unknown[] = [];
  lastFinishedAtMs: number | undefined;
  end: (outcome?: Error) => void = () => undefined;

  start(everyMs: number): Promise<ScrubSchedule> {
    return ScrubSchedule.start({
      scrub: (options) => {
        this.begun.push(options);
        return new Promise((resolve, reject) => {
          options.signal?.addEventListener("abort", () => reject(new Error("aborted")));
          this.end = (outcome) => {
            if (outcome !== undefined) return reject(outcome);
            this.lastFinishedAtMs = this.clock.now();
            return resolve(REPORT);
          };
        });
      },
      status: async () => ({
        ...{ running: false, bytes: 0, totalBytes: 0, problems: 0, repaired: 0 },
        lastFinishedAtMs: this.lastFinishedAtMs,
      }),
      clock: this.clock,
      everyMs,
      rate: 5,
      onReport: (report) => this.told.push(report),
      onError: (error) => this.told.push((error as Error).message),
    });
  }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

test("a store that was never scrubbed is scrubbed soon, then once per round", async () => {
  const store = new Scrubbed();
  const schedule = await store.start(HOUR_MS);
  expect(store.begun).toHaveLength(0);
  store.clock.advance(60_000);
  expect(store.begun).toMatchObject([{ rate: 5 }]);
  store.end();
  await settled();
  expect(store.told).toEqual([REPORT]);
  store.clock.advance(HOUR_MS - 1);
  expect(store.begun).toHaveLength(1);
  store.clock.advance(1);
  expect(store.begun).toHaveLength(2);
  store.end();
  await schedule.stop();
});

test("a restart waits for what is left of the round", async () => {
  const store = new Scrubbed();
  store.lastFinishedAtMs = 0;
  store.clock.advance(HOUR_MS / 2);
  const schedule = await store.start(HOUR_MS);
  store.clock.advance(HOUR_MS / 2 - 1);
  expect(store.begun).toHaveLength(0);
  store.clock.advance(1);
  expect(store.begun).toHaveLength(1);
  await schedule.stop();
});

test("a scrub that fails is told, and the next round comes all the same", async () => {
  const store = new Scrubbed();
  const schedule = await store.start(HOUR_MS);
  store.clock.advance(60_000);
  store.end(new Error("the disk went away"));
  await settled();
  expect(store.told).toEqual(["the disk went away"]);
  store.clock.advance(60_000);
  expect(store.begun).toHaveLength(2);
  await schedule.stop();
});

test("stopping breaks a scrub off, tells nobody, and begins no other", async () => {
  const store = new Scrubbed();
  const schedule = await store.start(HOUR_MS);
  store.clock.advance(60_000);
  await schedule.stop();
  await schedule.stop();
  expect(store.begun[0]?.signal?.aborted).toBe(true);
  store.clock.advance(10 * HOUR_MS);
  expect(store.begun).toHaveLength(1);
  expect(store.told).toEqual([]);
});
