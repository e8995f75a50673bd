import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeKey, encodeKey, prefixEnd } from "./key.ts";
import type { KeyPart, KeyPartKind } from "./key.ts";

const seed = Number(process.env["FIRN_SEED"] ?? Date.now() % 2 ** 31);

const kinds: fc.Arbitrary<KeyPartKind[]> = fc.array(
  fc.constantFrom<KeyPartKind>("text", "number", "bytes"),
  { minLength: 1, maxLength: 4 },
);

function partOf(kind: KeyPartKind): fc.Arbitrary<KeyPart> {
  if (kind === "number") return fc.nat({ max: Number.MAX_SAFE_INTEGER });
  // Few bytes, zeros and the escape among them, so that keys share prefixes.
  const bytes = fc.array(fc.constantFrom(0, 1, 0x61, 0xff), { maxLength: 4 });
  return kind === "bytes"
    ? bytes.map((list) => Uint8Array.from(list))
    : fc
        .array(fc.constantFrom("\0", "a", "é", "😀"), { maxLength: 4 })
        .map((list) => list.join(""));
}

function compareParts(a: KeyPart, b: KeyPart): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return Buffer.compare(Buffer.from(a as string), Buffer.from(b as string));
}

test(`keys sort by their parts, one after the other, and decode to them (FIRN_SEED=${seed})`, () => {
  const pair = kinds.chain((list) => {
    const parts = fc.tuple(...list.map(partOf));
    return fc.tuple(fc.constant(list), parts, parts);
  });
  fc.assert(
    fc.property(pair, ([list, a, b]) => {
      const order = a.map((part, at) => compareParts(part, b[at] as KeyPart)).find((c) => c !== 0);
      const compared = Buffer.compare(encodeKey(...a), encodeKey(...b));
      expect(Math.sign(compared)).toBe(Math.sign(order ?? 0));
      const decoded = decodeKey(encodeKey(...a), list);
      expect(decoded.map((part) => Buffer.from(String(part)))).toEqual(
        a.map((part) =>
          Buffer.from(part instanceof Uint8Array ? String(Buffer.from(part)) : String(part)),
        ),
      );
    }),
    { seed, numRuns: 2000 },
  );
});

test("the end of a prefix is the first key behind all that begin with it", () => {
  expect(prefixEnd(Uint8Array.of(1, 2))).toEqual(Uint8Array.of(1, 3));
  expect(prefixEnd(Uint8Array.of(1, 0xff, 0xff))).toEqual(Uint8Array.of(2));
  expect(prefixEnd(Uint8Array.of(0xff))).toBeUndefined();
});
