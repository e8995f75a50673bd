import { expect, test } from "vitest";
import { AskedBefore } from "./asked-before.ts";

test("what is asked for again is known, and what is asked for once nearly never", () => {
  const asked = new AskedBefore();
  let known = 0;
  for (let i = 0; i < 10_000; i++) if (asked.again(i * 7919)) known++;
  expect(known).toBeLessThan(10);
  for (let i = 0; i < 100; i++) {
    const fresh = 1_000_000 + i * 7919;
    asked.again(fresh);
    expect(asked.again(fresh)).toBe(true);
  }
});

test("what was asked for long ago is forgotten", () => {
  const asked = new AskedBefore();
  asked.again(5);
  for (let i = 10; i < 1_000_000; i++) asked.again(i);
  expect(asked.again(5)).toBe(false);
});

test("what is asked for in turns is known, though some of it shares a place", () => {
  const asked = new AskedBefore(16_000);
  for (let i = 0; i < 4000; i++) asked.again(i * 7919);
  let unknown = 0;
  for (let i = 0; i < 4000; i++) if (!asked.again(i * 7919)) unknown++;
  expect(unknown).toBeLessThan(40);
});
