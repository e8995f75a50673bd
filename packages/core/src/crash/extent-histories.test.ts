import { runHistories } from "@firn/testing";
import { test } from "vitest";

for (const faults of [0, 3]) {
  const where = faults === 0 ? "whatever crash comes" : "whatever crash or disk fault comes";
  test(`invariant 8: compaction takes no byte of a blob that is somebody's, ${where}`, () =>
    runHistories({
      name: `extents, ${where}`,
      weights: { faults, largeBlobs: true, blobs: 8 },
      steps: { min: 10, max: 50 },
      share: 0.2,
    }));
}
