import { runHistories } from "@firn/testing";
import type { MakeIndex } from "@firn/testing";
import { test } from "vitest";
import { runsIndex } from "../index/runs/runs-index.ts";

/** The index does its I/O on the simulated disk too. */
const makeIndex: MakeIndex = (fileSystem, hasher) =>
  runsIndex({ fileSystem, hasher, cacheBytes: 16 * 1024 });

for (const faults of [0, 3]) {
  const disk = `the same disk${faults === 0 ? "" : ", which fails at times"}`;
  test(`invariants 1 to 5 hold with sorted runs on ${disk}`, () =>
    runHistories({
      name: `sorted runs on ${disk}`,
      weights: { faults, largeBlobs: false },
      makeIndex,
    }));
}
