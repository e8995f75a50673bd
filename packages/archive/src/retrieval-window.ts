import type { Random } from "@firn/core";
import { TIER_WINDOWS_MS } from "./constants.ts";
import type { RetrievalTier } from "./constants.ts";

/** How long a retrieval of the tier takes: milliseconds drawn evenly within the tier's window. */
export function drawRetrievalMs(random: Random, tier: RetrievalTier): number {
  const [from, to] = TIER_WINDOWS_MS[tier];
  return Math.round(from + random.float() * (to - from));
}
