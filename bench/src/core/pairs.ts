import { randomFillSync } from "node:crypto";
import type { Pair } from "./durable-map.ts";

/** As long as the keys of the published figures. */
export const KEY_BYTES = 59;
const KEY_PREFIX = "account/region/table/items/";
/** Values are cut from random bytes at random places: nothing compresses, no two are alike. */
const POOL_BYTES: number = 16 * 1024 * 1024;

/** Fresh random keys, each with a random value. */
export function freshPairs(valueBytes: number): () => Pair {
  const pool = randomFillSync(Buffer.allocUnsafe(POOL_BYTES));
  const drawn = Buffer.allocUnsafe(20 * 1024);
  let at = drawn.length;
  return () => {
    if (at === drawn.length) {
      randomFillSync(drawn);
      at = 0;
    }
    const name = drawn.toString("hex", at, at + 16);
    const place = drawn.readUInt32LE(at + 16) % (POOL_BYTES - valueBytes);
    at += 20;
    return { key: keyOf(name), value: pool.subarray(place, place + valueBytes) };
  };
}

/** The key of a number, spread over all keys: neighbours were not written one after the other. */
export function numberedKey(number: number): Buffer {
  // Multiplication by an odd number is one to one in 48 bits.
  const spread = (BigInt(number) * 0x9e37_79b9_7f4bn) & 0xffff_ffff_ffffn;
  return keyOf(spread.toString(16).padStart(32, "0"));
}

function keyOf(name: string): Buffer {
  const key = Buffer.from(KEY_PREFIX + name, "latin1");
  if (key.length !== KEY_BYTES) throw new Error(`a key of ${key.length} bytes`);
  return key;
}
