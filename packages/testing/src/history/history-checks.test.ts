import { SeededRandom } from "@firn/core";
import { expect, test } from "vitest";
import { testSeed } from "../model/test-run.ts";
import { checkRegister } from "./register-check.ts";
import type { RegisterOperation } from "./register-check.ts";
import { checkTransactions } from "./transaction-check.ts";
import type { ListTransaction } from "./transaction-check.ts";

const write = (call: number, answer: number | undefined, value: string): RegisterOperation => ({
  kind: "write",
  call,
  answer,
  value,
});
const read = (call: number, answer: number, value?: string): RegisterOperation => ({
  kind: "read",
  call,
  answer,
  value,
});

test("reads that overlap a write may see either value, later ones only the new one", () => {
  expect(checkRegister([write(1, 4, "a"), read(2, 3), read(2, 5, "a"), read(6, 7, "a")])).toBe(
    undefined,
  );
  expect(checkRegister([write(1, 2, "a"), read(3, 4)])).toMatchObject({ held: "a" });
  // Seen, and then not any more: a new-old inversion.
  expect(checkRegister([write(1, 9, "a"), read(2, 3, "a"), read(4, 5)])).toBeDefined();
  expect(checkRegister([read(1, 2, "from nowhere")])).toBeDefined();
});

test("an operation without an answer happened at any moment since, or never", () => {
  const lost = write(1, undefined, "a");
  expect(checkRegister([lost, read(2, 3), read(4, 5, "a")])).toBe(undefined);
  expect(checkRegister([lost, read(2, 3), read(4, 5)])).toBe(undefined);
  expect(checkRegister([lost, read(2, 3, "a"), read(4, 5)])).toBeDefined();
});

test("a swap tells what the register held", () => {
  const swap = (call: number, done: boolean): RegisterOperation => ({
    kind: "swap",
    call,
    answer: call + 1,
    expected: "a",
    value: "b",
    done,
  });
  expect(checkRegister([write(1, 2, "a"), swap(3, true), swap(5, false), read(7, 8, "b")])).toBe(
    undefined,
  );
  expect(checkRegister([write(1, 2, "a"), swap(3, true), swap(5, true)])).toBeDefined();
  expect(checkRegister([write(1, 2, "a"), swap(3, false)])).toBeDefined();
});

test("what a register really did is explained, and a wrong value in it is found", () => {
  const random = new SeededRandom(testSeed());
  for (let round = 0; round < 30; round++) {
    const history: RegisterOperation[] = [];
    let held: string | undefined;
    for (let i = 0; i < 200; i++) {
      // Each takes effect at i, somewhere between a call and an answer that overlap others.
      const [call, answer] = [i - random.float() * 4, i + random.float() * 4];
      if (random.below(2) === 0) history.push(write(call, answer, (held = `v${i}`)));
      else history.push(read(call, answer, held));
    }
    expect(checkRegister(history)).toBe(undefined);
    const at = history.findIndex((each, i) => i > 100 && each.kind === "read");
    const wrong = history.map((each, i) => (i === at ? { ...each, value: "v0x" } : each));
    expect(checkRegister(wrong)).toBeDefined();
  }
});

const list = (
  call: number,
  appends: Readonly<Record<string, number>>,
  reads: Readonly<Record<string, readonly number[]>> = {},
): ListTransaction => ({
  call,
  answer: call + 10,
  appends: Object.entries(appends).map(([key, value]) => ({ key, value })),
  reads: Object.entries(reads).map(([key, values]) => ({ key, values })),
});

test("transactions that an order explains are no fault", () => {
  expect(
    checkTransactions([
      list(1, { x: 1, y: 1 }),
      list(2, { x: 2 }),
      list(3, {}, { x: [1], y: [1] }),
      list(30, {}, { x: [1, 2], y: [1] }),
    ]),
  ).toBe(undefined);
});

test.each([
  [
    "half of a transaction is seen",
    [list(1, { x: 1, y: 1 }), list(2, {}, { x: [1], y: [] }), list(30, {}, { x: [1], y: [1] })],
  ],
  [
    "two readers see two writers in opposite orders",
    [
      list(1, { x: 1 }),
      list(1, { y: 1 }),
      list(2, {}, { x: [1], y: [] }),
      list(2, {}, { x: [], y: [1] }),
      list(30, {}, { x: [1], y: [1] }),
    ],
  ],
  [
    "a list has two orders",
    [list(1, { x: 1 }), list(1, { x: 2 }), list(2, {}, { x: [1, 2] }), list(2, {}, { x: [2, 1] })],
  ],
  ["an append is lost", [list(1, { x: 1 }), list(30, {}, { x: [] })]],
  ["a value comes from nowhere", [list(1, {}, { x: [7] })]],
  [
    "what was over is not seen later",
    [list(1, { x: 1 }), list(20, { x: 2 }), list(40, {}, { x: [2, 1] })],
  ],
])("found: %s", (_, transactions) => {
  expect(checkTransactions(transactions)).toBeDefined();
});
