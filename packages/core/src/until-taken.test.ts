import { expect, test } from "vitest";
import { coreError } from "./errors.ts";
import { ManualClock } from "./platform/clocks.ts";
import { failureText, untilTaken } from "./until-taken.ts";

/** Fails `failures` times, and tells when it was called, in ms since the beginning. */
function taker(failures: number) {
  const clock = new ManualClock(0);
  const times: number[] = [];
  const errors: unknown[] = [];
  const stopping = new AbortController();
  const send = (): Promise<void> => {
    times.push(clock.now());
    return times.length <= failures ? Promise.reject(new Error("not now")) : Promise.resolve();
  };
  const options = {
    clock,
    signal: stopping.signal,
    onFailure: (error: unknown) => errors.push(error),
  };
  return { clock, times, errors, stop: () => stopping.abort(), taken: untilTaken(send, options) };
}

async function pass(clock: ManualClock, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    for (let turn = 0; turn < 8; turn++) await Promise.resolve();
    clock.advance(1000);
  }
}

test("pauses double from a second to a minute", async () => {
  const { clock, times, errors, taken } = taker(9);
  await pass(clock, 400);
  expect(await taken).toBe(true);
  expect(times.map((ms) => ms / 1000)).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183, 243]);
  expect(errors).toHaveLength(9);
});

test("it ends with its signal, in the middle of a pause", async () => {
  const { clock, times, stop, taken } = taker(Infinity);
  await pass(clock, 2);
  stop();
  expect(await taken).toBe(false);
  expect(times.length).toBeLessThanOrEqual(3);
});

test("a failure is one line, with its code when it is one of ours", () => {
  expect(failureText(new Error("no"))).toBe("no");
  expect(failureText("odd")).toBe("odd");
  const ours = coreError("FIRN_STORE_CLOSED", "it was closed");
  expect(failureText(ours)).toBe("FIRN_STORE_CLOSED: it was closed");
});
