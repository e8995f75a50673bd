import * as fc from "fast-check";
import { expect, test } from "vitest";
import { compareKey } from "./bytes.ts";

const seed = Number(process.env["FIRN_SEED"] ?? Date.now() % 2 ** 31);

test(`keys compare as unsigned bytes, wherever they lie (FIRN_SEED=${seed})`, () => {
  const bytes = fc.uint8Array({ maxLength: 8 });
  const key = fc
    .tuple(fc.nat({ max: 70 }), bytes)
    .map(([same, rest]) => Buffer.concat([Buffer.alloc(same, 7), rest]));
  fc.assert(
    fc.property(key, key, fc.nat({ max: 5 }), (a, b, start) => {
      const among = Buffer.concat([Buffer.alloc(start), b, Buffer.alloc(3)]);
      const found = compareKey(a, among, start, start + b.length);
      expect(Math.sign(found)).toBe(Buffer.compare(a, b));
    }),
    { seed, numRuns: 2000 },
  );
});
