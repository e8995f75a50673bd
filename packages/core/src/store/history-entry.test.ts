import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { loadHasher } from "../hasher.ts";
import type { RecordIdentity } from "../log/record.ts";
import {
  decodeHistory,
  encodeHistory,
  historyKey,
  historyOfKey,
  historyOfSpace,
  keyInHistory,
  spaceInHistory,
} from "./history-entry.ts";

let identity: RecordIdentity;

beforeAll(async () => {
  identity = { hasher: await loadHasher(), seed: 5n };
});

/** Bytes that make padding and markers look like key bytes. */
const full = fc
  .array(fc.constantFrom(0, 1, 0xf7, 0xfe, 0xff), { minLength: 4, maxLength: 20 })
  .map((bytes) => Buffer.from(bytes));
const lsn = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });

test("history keys sort as the keys do, and the newest version of a key first", () => {
  fc.assert(
    fc.property(full, lsn, full, lsn, (a, aLsn, b, bLsn) => {
      const order = Math.sign(Buffer.compare(a, b)) || Math.sign(bLsn - aLsn);
      expect(Math.sign(Buffer.compare(historyKey(a, aLsn), historyKey(b, bLsn)))).toBe(order);
    }),
  );
});

test("what lies behind a key's beginning is that key's and those behind it", () => {
  fc.assert(
    fc.property(full, full, lsn, (a, b, at) => {
      const inside = Buffer.compare(historyKey(b, at), historyOfKey(a)) >= 0;
      expect(inside).toBe(Buffer.compare(b, a) >= 0);
      expect(keyInHistory(historyOfKey(a))).toEqual(a);
    }),
  );
});

test("an entry comes back whole, and any other key or LSN in its place is told", () => {
  fc.assert(
    fc.property(full, lsn, lsn, (key, at, until) => {
      const entry = { lsn: at, value: Buffer.from("bytes") };
      const written = encodeHistory({ full: key, entry, until }, identity);
      expect(decodeHistory(written.key, written.value, identity)).toMatchObject({
        full: key,
        until,
        entry: { lsn: at },
      });
      expect(spaceInHistory(written.key)).toBe(key.readUInt32BE(0));
      expect(Buffer.compare(written.key, historyOfSpace(key.readUInt32BE(0)))).toBe(1);
      const value = Buffer.from(written.value);
      value[0] = (value[0] as number) ^ 1;
      expect(() => decodeHistory(written.key, value, identity)).toThrow();
      expect(() =>
        decodeHistory(historyKey(key, at === 1 ? 2 : 1), written.value, identity),
      ).toThrow();
    }),
  );
});
