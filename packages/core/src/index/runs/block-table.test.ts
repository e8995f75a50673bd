import * as fc from "fast-check";
import { expect, test } from "vitest";
import { BlockTable } from "./block-table.ts";
import { BlockTableWriter } from "./block-table-writer.ts";

const seed = Number(process.env["FIRN_SEED"] ?? Date.now() % 2 ** 31);

/** Keys that often begin alike. */
const key: fc.Arbitrary<Buffer> = fc
  .tuple(
    fc.constantFrom("", "a", "account/table/", "account/table/items/0000", "b"),
    fc.uint8Array({ maxLength: 6 }),
  )
  .map(([start, rest]) => Buffer.concat([Buffer.from(start), rest]));

/** Blocks of two keys each: the first, and the one before the next block. */
function blocksOf(keys: readonly Buffer[]): { first: Buffer; last: Buffer }[] {
  const sorted = keys
    .toSorted((a, b) => a.compare(b))
    .filter((one, at, all) => at === 0 || !one.equals(all[at - 1] as Buffer));
  return sorted.flatMap((first, at) =>
    at % 2 === 0 ? [{ first, last: sorted[at + 1] ?? first }] : [],
  );
}

test(`a key is looked for in the one block that may hold it (FIRN_SEED=${seed})`, async () => {
  const keys = fc.array(key, { maxLength: 300, size: "max" });
  await fc.assert(
    fc.asyncProperty(keys, key, async (list, other) => {
      const blocks = blocksOf(list);
      const writer = new BlockTableWriter();
      for (const [at, { first }] of blocks.entries()) {
        writer.add({ offset: at * 10, length: 10 }, first, blocks[at - 1]?.last);
      }
      const table = await BlockTable.decode(writer.end());
      expect(table.length).toBe(blocks.length);
      for (const [at, { first, last }] of blocks.entries()) {
        expect(table.find(first)).toBe(at);
        expect(table.find(last)).toBe(at);
        expect(table.section(at)).toEqual({ offset: at * 10, length: 10 });
      }
      const found = table.find(other);
      if (found < 0) expect(blocks.every(({ first }) => first.compare(other) > 0)).toBe(true);
      // Behind all of the block before, and not behind the first key of the next.
      else expect((blocks[found - 1]?.last.compare(other) ?? -1) < 0).toBe(true);
      expect((blocks[found + 1]?.first.compare(other) ?? 1) > 0).toBe(true);
    }),
    { seed, numRuns: 200 },
  );
});

test("a block is named by no more of its first key than tells it from the block before", () => {
  const writer = new BlockTableWriter();
  writer.add({ offset: 0, length: 10 }, Buffer.from("prefix/aaaa"), undefined);
  writer.add(
    { offset: 10, length: 10 },
    Buffer.from("prefix/bcde-and-more"),
    Buffer.from("prefix/b"),
  );
  const bytes = writer.end();
  expect(bytes.includes("prefix/bc")).toBe(true);
  expect(bytes.includes("prefix/bcd")).toBe(false);
});
