import { runHistories } from "@firn/testing";
import { test } from "vitest";

test("invariants 2, 3, 4: after any crash the acknowledged is there, in order, whole", () =>
  runHistories({ name: "power failures", weights: { faults: 0, largeBlobs: true } }));

test("invariant 5: a failed write or sync is final, and nothing acknowledged is lost by it", () =>
  runHistories({ name: "with disk faults", weights: { faults: 3, largeBlobs: true } }));
