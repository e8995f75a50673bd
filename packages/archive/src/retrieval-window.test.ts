import { SeededRandom } from "@firn/core";
import { expect, test } from "vitest";
import { TIER_WINDOWS_MS } from "./constants.ts";
import type { RetrievalTier } from "./constants.ts";
import { drawRetrievalMs } from "./retrieval-window.ts";

test("a retrieval's time lies in its tier's window, reaches over it, and repeats with the seed", () => {
  for (const tier of Object.keys(TIER_WINDOWS_MS) as RetrievalTier[]) {
    const [from, to] = TIER_WINDOWS_MS[tier];
    const draw = (): number[] => {
      const random = new SeededRandom(3);
      return Array.from({ length: 1000 }, () => drawRetrievalMs(random, tier));
    };
    const times = draw();
    expect(Math.min(...times)).toBeGreaterThanOrEqual(from);
    expect(Math.max(...times)).toBeLessThanOrEqual(to);
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan((to - from) * 0.9);
    expect(draw()).toEqual(times);
  }
});
