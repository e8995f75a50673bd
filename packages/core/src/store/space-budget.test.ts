import { expect, test } from "vitest";
import type { Clock } from "../platform/clock.ts";
import { SpaceBudget } from "./space-budget.ts";

/** Time passes only while somebody waits for it. */
function waitingClock(): Clock & { nowMs: number } {
  const clock = {
    mode: { kind: "real" } as const,
    nowMs: 0,
    now: () => clock.nowMs,
    monotonicMs: () => clock.nowMs,
    schedule: (delayMs: number, callback: () => void) => {
      clock.nowMs += delayMs;
      queueMicrotask(callback);
      return () => undefined;
    },
    advance: () => undefined,
  };
  return clock;
}

const MIB = 1024 * 1024;

test("bytes are given out at the rate, behind a burst of a quarter of a second", async () => {
  const clock = waitingClock();
  const budget = new SpaceBudget({ clock, bytesPerSecond: 8 * MIB });
  for (let taken = 0; taken < 32; taken++) await budget.take(MIB);
  // 32 MiB at 8 MiB/s are 4 s; the burst and the last MiB, which is owed, make it shorter.
  expect(clock.nowMs).toBeGreaterThan(3500);
  expect(clock.nowMs).toBeLessThan(4000);
});

test("more than a burst is given at once and owed afterwards", async () => {
  const clock = waitingClock();
  const budget = new SpaceBudget({ clock, bytesPerSecond: MIB });
  await budget.take(4 * MIB);
  expect(clock.nowMs).toBe(0);
  await budget.take(1);
  expect(clock.nowMs).toBeGreaterThanOrEqual(3750);
});

test("a slice of the event loop ends after 2 ms, and busy foreground gets four times as long", async () => {
  const clock = waitingClock();
  let busy = true;
  const budget = new SpaceBudget({ clock, bytesPerSecond: MIB, isBusy: () => busy });
  clock.nowMs = 1;
  await budget.slice();
  expect(clock.nowMs).toBe(1);
  clock.nowMs = 2;
  await budget.slice();
  expect(clock.nowMs).toBe(10);
  busy = false;
  clock.nowMs = 12;
  await budget.slice();
  expect(clock.nowMs).toBe(12);
});

test("without a limit nobody waits, and a stopped budget ends the work", async () => {
  const clock = waitingClock();
  const budget = new SpaceBudget({ clock, bytesPerSecond: Infinity });
  clock.nowMs = 100;
  await budget.take(1e12);
  await budget.slice();
  expect(clock.nowMs).toBe(100);
  budget.stop();
  await expect(budget.take(1)).rejects.toMatchObject({ code: "FIRN_STORE_CLOSED" });
  await expect(budget.slice()).rejects.toMatchObject({ code: "FIRN_STORE_CLOSED" });
});
