import { expect, test } from "vitest";
import { pause, sleep } from "./clock.ts";
import type { Clock } from "./clock.ts";
import { ManualClock, RealClock, ScaledClock, makeClock } from "./clocks.ts";

test("a manual clock fires what is due in order, at its own time, and nothing before", () => {
  const clock = new ManualClock(1000);
  const fired: [string, number][] = [];
  const note = (name: string) => (): void => void fired.push([name, clock.now()]);
  clock.schedule(300, note("late"));
  clock.schedule(100, note("early"));
  const cancel = clock.schedule(200, note("cancelled"));
  clock.schedule(150, () => clock.schedule(100, note("nested")));
  cancel();
  clock.advance(99);
  expect(fired).toEqual([]);
  clock.advance(201);
  expect(fired).toEqual([
    ["early", 1100],
    ["nested", 1250],
    ["late", 1300],
  ]);
  expect(clock.now()).toBe(1300);
});

test("only a manual clock can be advanced", () => {
  const clocks: readonly Clock[] = [new RealClock(), new ScaledClock(60, 0)];
  for (const clock of clocks) {
    expect(() => clock.advance(1)).toThrow(expect.objectContaining({ code: "FIRN_CLOCK_MODE" }));
  }
});

test("a scaled clock passes its factor of real time", async () => {
  const clock = makeClock({ kind: "scaled", factor: 3600 }, Date.now());
  const before = clock.monotonicMs();
  const start = clock.now();
  await sleep(clock, 36_000);
  const passed = (clock.monotonicMs() - before) * 3600;
  expect(clock.now() - start).toBeGreaterThanOrEqual(36_000 - 3600);
  expect(clock.now() - start).toBeLessThanOrEqual(passed + 3600);
});

test("a sleep ends with its signal's reason", async () => {
  const clock = new ManualClock(0);
  const controller = new AbortController();
  const slept = sleep(clock, 1000, controller.signal);
  controller.abort(new Error("enough"));
  await expect(slept).rejects.toThrow("enough");
  await expect(sleep(clock, 1, controller.signal)).rejects.toThrow("enough");
});

test("a wait that somebody awaits keeps the process alive, one in the background does not", async () => {
  const timers = (): number =>
    process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  const clock = new RealClock();
  const before = timers();
  const background = sleep(clock, 20);
  expect(timers()).toBe(before);
  const awaited = pause(clock, 20);
  expect(timers()).toBe(before + 1);
  await Promise.all([background, awaited]);
});
