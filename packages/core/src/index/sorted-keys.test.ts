import fc from "fast-check";
import { expect, test } from "vitest";
import { SortedKeys } from "./sorted-keys.ts";

const seed = Number(process.env["FIRN_SEED"] ?? Date.now() % 2 ** 31);

test(`walking from any key, both ways, between writes, gives the sorted keys (FIRN_SEED=${seed})`, () => {
  const step = fc.record({
    add: fc.array(fc.string({ unit: "binary-ascii", maxLength: 3 }), { maxLength: 20 }),
    from: fc.option(fc.string({ unit: "binary-ascii", maxLength: 3 }), { nil: undefined }),
    reverse: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 10 }), (steps) => {
      const keys = new SortedKeys();
      const model = new Set<string>();
      for (const { add, from, reverse } of steps) {
        for (const key of add) {
          if (!model.has(key)) keys.add(key);
          model.add(key);
        }
        const sorted = [...model].sort();
        const expected = reverse
          ? sorted.reverse().filter((key) => from === undefined || key <= from)
          : sorted.filter((key) => from === undefined || key >= from);
        expect([...keys.walk(from, reverse)]).toEqual(expected);
      }
      expect(keys.all()).toEqual([...model].sort());
    }),
    { seed, numRuns: 500 },
  );
});
