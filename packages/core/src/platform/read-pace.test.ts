import { expect, test } from "vitest";
import { ReadPace } from "./read-pace.ts";

/** Makes reads that take as long as they are told to. */
function reader(): { read(ms: number): "here" | "thread" } {
  let now = 0;
  const pace = new ReadPace({ monotonicMs: () => now });
  return {
    read(ms) {
      if (!pace.isQuick()) return "thread";
      return pace.timed(() => {
        now += ms;
        return "here";
      });
    },
  };
}

test("quick reads are made at once, and one that was slow sends the next ones to threads", () => {
  const { read } = reader();
  for (let i = 0; i < 10; i++) expect(read(0.003)).toBe("here");
  expect(read(2)).toBe("here");
  const next = Array.from({ length: 65 }, () => read(0.003));
  expect(next.indexOf("here")).toBe(64);
});

test("while reads stay slow they are tried ever more rarely, and never given up", () => {
  const { read } = reader();
  const reads = 100_000;
  let here = 0;
  for (let i = 0; i < reads; i++) if (read(2) === "here") here++;
  expect(here).toBeGreaterThan(20);
  expect(here).toBeLessThan(40);
});

test("many quick reads make up for earlier slow ones", () => {
  const { read } = reader();
  for (let i = 0; i < 10_000; i++) read(2);
  while (read(0.003) !== "here");
  for (let i = 0; i < 1024; i++) expect(read(0.003)).toBe("here");
  expect(read(2)).toBe("here");
  const next = Array.from({ length: 65 }, () => read(0.003));
  expect(next.indexOf("here")).toBe(64);
});
