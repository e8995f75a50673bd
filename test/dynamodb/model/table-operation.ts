import * as fc from "fast-check";

/** Of few keys, so that operations meet; with bytes that sort otherwise than UTF-16. */
export const PARTITIONS: readonly string[] = ["a", "a\0", "é"];
export const SORTS: readonly number[] = [-1.5, 0, 7, 100];

/** Which condition a write carries; what it compares with is decided when it is run. */
export type Condition = "none" | "isThere" | "isAbsent" | "isCurrent" | "isOther";

/** Names an item. */
export interface Key {
  readonly pk: string;
  readonly sk: number;
}

export interface WriteStep extends Key {
  readonly act: "put" | "update" | "delete" | "check";
  /** Attribute of the index: absent, or one of few. */
  readonly gk: string | undefined;
  /** Seconds from now to its expiry; of a put. */
  readonly expires: number | undefined;
  readonly bytes: number;
  readonly if: Condition;
}

/** Numbers choose among what there is, by their remainder. */
export type TableOperation =
  | { readonly kind: "nothing" }
  | { readonly kind: "write"; readonly step: WriteStep }
  | { readonly kind: "batch"; readonly steps: readonly WriteStep[] }
  | {
      readonly kind: "transaction";
      readonly steps: readonly WriteStep[];
      readonly token: string | undefined;
    }
  /** PartiQL: INSERT, UPDATE or DELETE of one item. */
  | { readonly kind: "statement"; readonly step: WriteStep }
  | { readonly kind: "index"; readonly on: boolean }
  | { readonly kind: "timeToLive"; readonly on: boolean }
  | { readonly kind: "recovery"; readonly on: boolean }
  | { readonly kind: "backUp" }
  | { readonly kind: "forget"; readonly at: number }
  | { readonly kind: "restore"; readonly at: number }
  | { readonly kind: "rewind"; readonly at: number }
  | { readonly kind: "drop" }
  | { readonly kind: "advance"; readonly seconds: number }
  | {
      readonly kind: "look";
      readonly key: Key;
      readonly gk: string;
      readonly page: number;
      readonly forward: boolean;
    }
  | { readonly kind: "stream" }
  /** Turns of the event loop that the next change gets before the power fails. */
  | { readonly kind: "crash"; readonly turns: number; readonly process: boolean }
  | { readonly kind: "reopen" };

const key = { pk: fc.constantFrom(...PARTITIONS), sk: fc.constantFrom(...SORTS) };
const gk = fc.constantFrom("x", "y\0");
const at = fc.nat(7);

const step: fc.Arbitrary<WriteStep> = fc.record({
  ...key,
  act: fc.constantFrom<WriteStep["act"]>("put", "put", "put", "update", "update", "delete"),
  gk: fc.option(gk, { nil: undefined }),
  expires: fc.constantFrom(undefined, undefined, -1, 30, 7200),
  bytes: fc.constantFrom(0, 10, 1500),
  if: fc.constantFrom<Condition>(
    ...(["none", "none", "none", "isThere", "isAbsent", "isCurrent", "isOther"] as const),
  ),
});

/** No two of one item. */
const steps = fc.uniqueArray(step, {
  minLength: 1,
  maxLength: 4,
  selector: ({ pk, sk }) => `${pk}|${sk}`,
});

const kind = <K extends TableOperation["kind"]>(name: K): fc.Arbitrary<K> => fc.constant(name);
const on = fc.boolean();

const writes: readonly fc.WeightedArbitrary<TableOperation>[] = [
  { weight: 16, arbitrary: fc.record({ kind: kind("write"), step }) },
  { weight: 4, arbitrary: fc.record({ kind: kind("batch"), steps }) },
  {
    weight: 7,
    arbitrary: fc.record({
      kind: kind("transaction"),
      steps: fc.tuple(steps, fc.boolean()).map(([all, checks]) => withCheck(all, checks)),
      token: fc.constantFrom(undefined, "t1", "t2"),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: kind("statement"), step }) },
];

/** The last of them only asks. */
function withCheck(all: readonly WriteStep[], checks: boolean): readonly WriteStep[] {
  const last = all.at(-1);
  if (!checks || last === undefined || last.if === "none") return all;
  return [...all.slice(0, -1), { ...last, act: "check" }];
}

/** One step of a history; shrinks towards nothing. */
export const tableOperation: fc.Arbitrary<TableOperation> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ kind: kind("nothing") }) },
  ...writes,
  { weight: 2, arbitrary: fc.record({ kind: kind("index"), on }) },
  { weight: 2, arbitrary: fc.record({ kind: kind("timeToLive"), on }) },
  { weight: 2, arbitrary: fc.record({ kind: kind("recovery"), on }) },
  { weight: 1, arbitrary: fc.record({ kind: kind("backUp") }) },
  { weight: 1, arbitrary: fc.record({ kind: kind("forget"), at }) },
  { weight: 1, arbitrary: fc.record({ kind: kind("restore"), at }) },
  { weight: 1, arbitrary: fc.record({ kind: kind("rewind"), at }) },
  { weight: 2, arbitrary: fc.record({ kind: kind("drop") }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: kind("advance"),
      seconds: fc.constantFrom(10, 60, 700, 5 * 3600, 25 * 3600),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: kind("look"),
      key: fc.record(key),
      gk,
      page: fc.integer({ min: 1, max: 4 }),
      forward: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: kind("stream") }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: kind("crash"), turns: fc.nat(6), process: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: kind("reopen") }) },
);
