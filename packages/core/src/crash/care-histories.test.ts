import { runHistories } from "@firn/testing";
import { test } from "vitest";

const parity = { segments: "all", coldAfterMs: 0, rate: Infinity } as const;

for (const faults of [0, 3]) {
  const disk = faults === 0 ? "loses power" : "loses power and fails at times";
  test(`parity, scrubs and rebuilt indexes lose nothing on a disk that rots, ${disk}`, () =>
    runHistories({
      name: `a disk that rots, ${disk}`,
      weights: { faults, largeBlobs: true, care: 2, blobs: 2 },
      parity,
      quickMs: 2500,
      share: 0.1,
    }));
}
