import type { DurableMap } from "./durable-map.ts";
import { freshPairs, numberedKey } from "./pairs.ts";

/** Enough for the largest groups that a store makes. */
const FILLERS = 512;

/** Puts the keys of all numbers below `keys`, each with a random value. */
export async function fillMap(
  map: DurableMap,
  { keys, valueBytes }: { readonly keys: number; readonly valueBytes: number },
): Promise<void> {
  const pairs = freshPairs(valueBytes);
  let next = 0;
  const loop = async (): Promise<void> => {
    while (next < keys) await map.put(numberedKey(next++), pairs().value);
  };
  await Promise.all(Array.from({ length: FILLERS }, loop));
}
