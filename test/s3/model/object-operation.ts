import * as fc from "fast-check";

/** Of few keys, so that operations meet; with bytes that sort otherwise than UTF-16. */
export const KEYS: readonly string[] = ["a", "a/", "a/b", "é", "😀"];

/** Which condition a write carries; what it names is decided when it is run. */
export type Condition = "none" | "isNew" | "isCurrent" | "isOther";

/** Numbers choose among what there is, by their remainder. */
export type ObjectOperation =
  | { readonly kind: "nothing" }
  | { readonly kind: "put"; readonly key: string; readonly bytes: number; readonly if: Condition }
  | { readonly kind: "append"; readonly key: string; readonly bytes: number }
  | { readonly kind: "delete"; readonly key: string; readonly if: Condition }
  | { readonly kind: "deleteMany"; readonly keys: readonly string[] }
  | {
      readonly kind: "deleteVersion";
      readonly key: string;
      readonly at: number;
      readonly bypass: boolean;
    }
  | { readonly kind: "copy"; readonly from: string; readonly to: string; readonly at: number }
  | { readonly kind: "rename"; readonly from: string; readonly to: string }
  | { readonly kind: "tag"; readonly key: string; readonly at: number; readonly count: number }
  | { readonly kind: "begin"; readonly key: string }
  | { readonly kind: "part"; readonly at: number; readonly number: number; readonly bytes: number }
  | {
      readonly kind: "partCopy";
      readonly at: number;
      readonly number: number;
      readonly key: string;
    }
  | { readonly kind: "complete"; readonly at: number; readonly if: Condition }
  | { readonly kind: "abort"; readonly at: number }
  | { readonly kind: "versioning"; readonly on: boolean }
  | { readonly kind: "retain"; readonly key: string; readonly at: number; readonly hours: number }
  | { readonly kind: "hold"; readonly key: string; readonly at: number; readonly on: boolean }
  | { readonly kind: "advance"; readonly hours: number }
  | { readonly kind: "look"; readonly key: string; readonly prefix: string; readonly page: number }
  /** Turns of the event loop that the next change gets before the power fails. */
  | { readonly kind: "crash"; readonly turns: number; readonly process: boolean }
  | { readonly kind: "reopen" };

const key = fc.constantFrom(...KEYS);
const at = fc.nat(5);
const condition = fc.constantFrom<Condition>(
  "none",
  "none",
  "none",
  "isNew",
  "isCurrent",
  "isOther",
);
const bytes = fc.constantFrom(0, 1, 300, 5000, 70_000);

const kind = <K extends ObjectOperation["kind"]>(name: K): fc.Arbitrary<K> => fc.constant(name);

/** One step of a history; shrinks towards nothing. */
export const objectOperation: fc.Arbitrary<ObjectOperation> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ kind: kind("nothing") }) },
  { weight: 14, arbitrary: fc.record({ kind: kind("put"), key, bytes, if: condition }) },
  { weight: 3, arbitrary: fc.record({ kind: kind("append"), key, bytes }) },
  { weight: 5, arbitrary: fc.record({ kind: kind("delete"), key, if: condition }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: kind("deleteMany"), keys: fc.subarray([...KEYS]) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: kind("deleteVersion"), key, at, bypass: fc.boolean() }),
  },
  { weight: 5, arbitrary: fc.record({ kind: kind("copy"), from: key, to: key, at }) },
  { weight: 3, arbitrary: fc.record({ kind: kind("rename"), from: key, to: key }) },
  { weight: 3, arbitrary: fc.record({ kind: kind("tag"), key, at, count: fc.nat(3) }) },
  { weight: 3, arbitrary: fc.record({ kind: kind("begin"), key }) },
  {
    weight: 5,
    arbitrary: fc.record({ kind: kind("part"), at, number: fc.integer({ min: 1, max: 2 }), bytes }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: kind("partCopy"),
      at,
      number: fc.integer({ min: 1, max: 2 }),
      key,
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: kind("complete"), at, if: condition }) },
  { weight: 1, arbitrary: fc.record({ kind: kind("abort"), at }) },
  { weight: 2, arbitrary: fc.record({ kind: kind("versioning"), on: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: kind("retain"), key, at, hours: fc.integer({ min: 1, max: 50 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: kind("hold"), key, at, on: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: kind("advance"), hours: fc.integer({ min: 1, max: 40 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: kind("look"),
      key,
      prefix: fc.constantFrom("", "a", "a/"),
      page: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 9,
    arbitrary: fc.record({ kind: kind("crash"), turns: fc.nat(12), process: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: kind("reopen") }) },
);
