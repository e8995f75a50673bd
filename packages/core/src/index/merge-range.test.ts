import fc from "fast-check";
import { expect, test } from "vitest";
import type { Entry } from "../store-api.ts";
import { Memtable, bytesOf, fullKey, latin1 } from "./memtable.ts";
import { fullRange, mergeRange } from "./merge-range.ts";
import type { FullRange } from "./merge-range.ts";

const seed = Number(process.env["FIRN_SEED"] ?? Date.now() % 2 ** 31);
const SPACE = 20;

interface Write {
  readonly key: number;
  readonly value: number | undefined;
}

const writes = fc.array(
  fc.record({ key: fc.nat({ max: 12 }), value: fc.option(fc.nat(), { nil: undefined }) }),
  { maxLength: 30 },
);

const keyOf = (key: number): Uint8Array => Uint8Array.of(key);

/** Entries of the index, as a page with `limit` would bring them. */
function indexPage(
  index: ReadonlyMap<number, number>,
  range: FullRange,
  limit: number,
): { entries: Entry[]; exhausted: boolean } {
  const entries = [...index]
    .map(([key, value]) => ({
      key: bytesOf(fullKey(SPACE, keyOf(key))),
      value: Buffer.from(`${value}`),
    }))
    .filter(({ key }) => latin1(key) >= range.low && latin1(key) < range.high)
    .sort((a, b) => Buffer.compare(a.key, b.key) * (range.reverse ? -1 : 1))
    .slice(0, limit);
  return { entries, exhausted: entries.length < limit };
}

test(`a merged range is what a sorted map of the newest visible versions holds (FIRN_SEED=${seed})`, () => {
  const input = fc.record({
    index: fc.array(fc.tuple(fc.nat({ max: 12 }), fc.nat())),
    layers: fc.array(writes, { minLength: 1, maxLength: 3 }),
    upTo: fc.nat({ max: 60 }),
    gte: fc.nat({ max: 12 }),
    lt: fc.nat({ max: 13 }),
    reverse: fc.boolean(),
    limit: fc.integer({ min: 1, max: 14 }),
  });
  fc.assert(
    fc.property(input, ({ index, layers, upTo, gte, lt, reverse, limit }) => {
      const indexed = new Map(index);
      const model = new Map<number, string>([...indexed].map(([key, value]) => [key, `${value}`]));
      let lsn = 0;
      const memtables = layers.map((layer) => {
        const memtable = new Memtable();
        for (const write of layer) put(memtable, write, ++lsn, { model, visible: lsn <= upTo });
        return memtable;
      });
      const range = fullRange(SPACE, { gte: keyOf(gte), lt: keyOf(lt), reverse });
      const page = { range, limit, lsn: upTo, memtables: [...memtables].reverse() };
      const merged = readAll(page, indexed);
      const expected = [...model]
        .filter(([key]) => key >= gte && key < lt)
        .sort(([a], [b]) => (reverse ? b - a : a - b))
        .slice(0, limit);
      expect(merged).toEqual(expected);
    }),
    { seed, numRuns: 2000 },
  );
});

function put(
  memtable: Memtable,
  { key, value }: Write,
  lsn: number,
  state: { model: Map<number, string>; visible: boolean },
): void {
  const bytes = value === undefined ? undefined : Buffer.from(`${value}`);
  const place = { position: 0, length: bytes?.length ?? 0, check: 0n };
  memtable.put(
    fullKey(SPACE, keyOf(key)),
    { lsn, deleted: bytes === undefined, value: bytes, ...place },
    0,
  );
  if (!state.visible) return;
  if (value === undefined) state.model.delete(key);
  else state.model.set(key, `${value}`);
}

/** Asks for more of the index until the merge is complete, as a transaction does. */
function readAll(
  page: Omit<Parameters<typeof mergeRange>[0], "index">,
  indexed: ReadonlyMap<number, number>,
): [number, string][] {
  for (let fetched = page.limit; ; fetched *= 2) {
    const index = indexPage(indexed, page.range, fetched);
    const merged = mergeRange({ ...page, index });
    if (!merged.complete) continue;
    return merged.items.map(({ key, version, indexed: bytes }) => [
      key.charCodeAt(4),
      Buffer.from(
        version === undefined ? (bytes as Uint8Array) : (version.value as Uint8Array),
      ).toString(),
    ]);
  }
}

test("an empty range is complete at once", () => {
  const range = fullRange(SPACE, { gte: keyOf(5), lt: keyOf(5) });
  const merged = mergeRange({
    range,
    limit: 5,
    lsn: 9,
    memtables: [new Memtable()],
    index: { entries: [], exhausted: true },
  });
  expect(merged).toEqual({ items: [], complete: true, lsn: 0 });
});
