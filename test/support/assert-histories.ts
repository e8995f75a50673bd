import * as fc from "fast-check";
import { printLine, testSeed } from "@firn/testing";
import { expect } from "vitest";

export interface Histories<T> {
  readonly numRuns: number;
  /** Of each. */
  readonly operations: number;
  readonly property: fc.IRawProperty<T>;
  /** How many of them crashed so far, and were recovered. */
  readonly crashes: () => number;
}

/** Tries histories of random operations and crashes, and prints what they covered and how fast. */
export async function assertHistories<T>(histories: Histories<T>): Promise<void> {
  const { numRuns, operations, property, crashes } = histories;
  const seed = testSeed();
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  await fc.assert(property, { seed, numRuns });
  expect(crashes()).toBeGreaterThan(numRuns);
  const { user, system } = process.cpuUsage(cpu);
  const minutes = (user + system) / 60_000_000;
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  printLine(
    `${numRuns} histories of ${operations}, ${crashes()} crashes in ${seconds} s; ` +
      `${Math.round(crashes() / minutes)} crash-recoveries per minute of processor`,
  );
}
