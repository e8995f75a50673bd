import fc from "fast-check";
import { expect, test } from "vitest";
import { loadHasher } from "../hasher.ts";
import { decodeIndexValue } from "./index-value.ts";
import { memtableWrites } from "./memtable-writes.ts";
import { Memtable, latin1 } from "./memtable.ts";

const seed = Number(process.env["FIRN_SEED"] ?? Date.now() % 2 ** 31);

const place = { position: 7, length: 3, check: 5n };
const write = (lsn: number): Parameters<Memtable["put"]>[1] => ({
  lsn,
  deleted: false,
  value: undefined,
  ...place,
});

/** Keys that begin alike, end alike, hold any byte, or are the beginning of another. */
const key = fc.oneof(
  fc.string({ unit: "binary-ascii", minLength: 1, maxLength: 3 }),
  fc.nat({ max: 3000 }).map((n) => `account/table/${String(n).padStart(8, "0")}`),
  fc.nat({ max: 40 }).map((n) => `account/table/\u00ff${"\0".repeat(n)}`),
);

test(`walking from any key, both ways, between writes, gives the sorted keys (FIRN_SEED=${seed})`, () => {
  const step = fc.record({
    add: fc.array(key, { maxLength: 30, size: "max" }),
    from: fc.option(key, { nil: undefined }),
    reverse: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 10 }), (steps) => {
      const memtable = new Memtable(seed);
      const model = new Set<string>();
      let lsn = 0;
      for (const { add, from, reverse } of steps) {
        for (const one of add) {
          memtable.put(one, write(++lsn), 0);
          model.add(one);
        }
        const sorted = [...model].sort();
        const expected = reverse
          ? sorted.reverse().filter((one) => from === undefined || one <= from)
          : sorted.filter((one) => from === undefined || one >= from);
        expect([...memtable.walk(from, reverse)]).toEqual(expected);
      }
      expect([...memtable.newest()].map(([one]) => one)).toEqual([...model].sort());
      expect(memtable.size).toBe(model.size);
    }),
    { seed, numRuns: 150 },
  );
});

test("thousands of keys in any order come out in order, each with its newest version", () => {
  const memtable = new Memtable(seed);
  const model = new Map<string, number>();
  for (let lsn = 1; lsn <= 20_000; lsn++) {
    const name = `space/${(lsn * 7919) % 9973}/${lsn % 3}`;
    memtable.put(name, write(lsn), 0);
    model.set(name, lsn);
  }
  const expected = [...model].sort(([a], [b]) => (a < b ? -1 : 1));
  const found = [...memtable.newest()];
  expect(found.length).toBe(expected.length);
  // One by one: the difference of two long lists takes a minute to print.
  for (const [at, [name, { lsn }]] of found.entries()) expect([name, lsn]).toEqual(expected[at]);
});

test.for([2, 15, 16, 900, 3000])(
  "%i keys that differ late, the last first, come out in order",
  (keys) => {
    const memtable = new Memtable(seed);
    // Nothing is common to all of them.
    const names = ["b", "a/long/beginning"];
    for (let at = keys; at > 0; at--) names.push(`a/long/beginning/${String(at).padStart(6, "0")}`);
    for (const [at, name] of names.entries()) memtable.put(name, write(at + 1), 0);
    const sorted = [...names].sort();
    expect([...memtable.walk(undefined, false)]).toEqual(sorted);
    expect([...memtable.newest()].map(([name]) => name)).toEqual(sorted);
  },
);

test(`a version is found as of any LSN that somebody may still read (FIRN_SEED=${seed})`, () => {
  const step = fc.record({
    key: fc.nat({ max: 5 }),
    value: fc.option(fc.uint8Array({ maxLength: 40 }), { nil: undefined }),
    deleted: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 60, size: "max" }),
      fc.nat({ max: 60 }),
      (steps, floor) => {
        const memtable = new Memtable(seed);
        const model: { key: string; lsn: number; deleted: boolean; value?: Uint8Array }[] = [];
        for (const [at, { key: number, value, deleted }] of steps.entries()) {
          const lsn = at + 1;
          const name = `key ${number}`;
          const kept = deleted ? undefined : value;
          const length = kept?.length ?? 9;
          const version = {
            lsn,
            deleted,
            value: kept,
            position: lsn * 8,
            length,
            check: 2n ** 63n,
          };
          memtable.put(name, version, Math.min(floor, at));
          model.push({ key: name, lsn, deleted, ...(kept === undefined ? {} : { value: kept }) });
        }
        for (let lsn = floor; lsn <= steps.length; lsn++) {
          for (let number = 0; number <= 5; number++) {
            const expected = model.findLast((one) => one.key === `key ${number}` && one.lsn <= lsn);
            const found = memtable.get(`key ${number}`, lsn);
            expect(found?.lsn).toBe(expected?.lsn);
            if (found === undefined) continue;
            expect(found.deleted).toBe(expected?.deleted);
            expect(found.position).toBe(found.lsn * 8);
            expect(found.check).toBe(2n ** 63n);
            expect(found.value && [...found.value]).toEqual(expected?.value && [...expected.value]);
          }
        }
      },
    ),
    { seed, numRuns: 300 },
  );
});

test("another thread reads of a memtable what the index is to hold of it", async () => {
  const hasher = await loadHasher();
  const identity = { hasher, seed: 11n };
  const memtable = new Memtable(seed);
  for (let lsn = 1; lsn <= 3000; lsn++) {
    const name = `key ${(lsn * 31) % 2003}`;
    const value = lsn % 5 === 0 ? Buffer.from(`value ${lsn}`) : undefined;
    const length = value?.length ?? 2000;
    const version = { lsn, deleted: lsn % 7 === 0, position: lsn * 16, length, check: BigInt(lsn) };
    memtable.put(name, { ...version, value: version.deleted ? undefined : value }, lsn);
  }
  const writes = [...memtableWrites(structuredClone(memtable.image), identity)];
  expect(writes.map((one) => latin1(one.key))).toEqual(
    [...memtable.newest()].map(([name]) => name),
  );
  for (const { key: bytes, value } of writes) {
    const version = memtable.get(latin1(bytes), Infinity);
    expect(value === undefined).toBe(version?.deleted);
    if (value === undefined) continue;
    const entry = decodeIndexValue(bytes, value, identity);
    expect(entry.lsn).toBe(version?.lsn);
    expect(entry.value).toEqual(version?.value);
    const at = { position: version?.position, length: version?.length, check: version?.check };
    if (entry.value === undefined) expect(entry.place).toEqual(at);
  }
});
