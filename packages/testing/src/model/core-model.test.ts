import { expect, test } from "vitest";
import { CoreModel } from "./core-model.ts";
import { keyLine, rangeOf, streamLine, tailLine } from "./core-state.ts";
import type { Issued } from "./core-model.ts";
import type { CoreEffect, CoreState } from "./core-state.ts";

const put = (key: string, value: string): CoreEffect => ({ kind: "put", space: 1, key, value });
const append = (lsn: number): CoreEffect => ({ kind: "append", space: 1, lsn, body: `b${lsn}` });
const at = (lsn: number): Issued => ({ lsn, time: lsn });
const found = (entries: Record<string, string>): CoreState => new Map(Object.entries(entries));

const records = (...lsns: readonly number[]): CoreState =>
  found({
    ...Object.fromEntries(lsns.map((lsn) => [streamLine(1, lsn), `b${lsn}`])),
    [tailLine(1)]: String(lsns.at(-1)),
  });

test("what was acknowledged must be found", () => {
  const model = new CoreModel();
  model.acknowledge(model.issue([put("a", "1")], at(1)));
  expect(model.recover(found({}))).toContain("no prefix");
  expect(model.recover(found({ "key 1 a": "1" }))).toBeUndefined();
});

test("what was not acknowledged is found as a prefix, or not at all, never in part", () => {
  const model = (): CoreModel => {
    const fresh = new CoreModel();
    fresh.issue([put("a", "1"), put("b", "1")], at(1));
    fresh.issue([put("c", "1")], at(2));
    return fresh;
  };
  expect(model().recover(found({}))).toBeUndefined();
  expect(model().recover(found({ "key 1 a": "1", "key 1 b": "1" }))).toBeUndefined();
  expect(model().recover(found({ "key 1 a": "1" }))).toContain("no prefix");
  expect(model().recover(found({ "key 1 c": "1" }))).toContain("no prefix");
});

test("a barrier speaks for what lies before it; buffered records go from the end", () => {
  const model = new CoreModel();
  for (const lsn of [1, 2, 3, 4]) model.issue([append(lsn)], at(lsn));
  model.acknowledgeUpTo(2);
  expect(model.recover(records(1))).toContain("no prefix");
  expect(model.recover(records(1, 2, 4))).toContain("no prefix");
  expect(model.recover(records(1, 2, 3))).toBeUndefined();
});

test("what was refused must not be found", () => {
  const model = new CoreModel();
  model.refuse(model.issue([put("a", "1")], at(1)));
  expect(model.recover(found({ "key 1 a": "1" }))).toContain("no prefix");
});

test("what was found once stays found", () => {
  const model = new CoreModel();
  model.issue([put("a", "1")], at(1));
  expect(model.recover(found({ "key 1 a": "1" }))).toBeUndefined();
  expect(model.recover(found({}))).toContain("no prefix");
});

test("a dropped key space takes its keys along, the last release its blob", () => {
  const model = new CoreModel();
  model.issue([{ kind: "create", space: 1, ms: 5 }, put("a", "1")], at(1));
  model.issue([{ kind: "attach", blob: "b", bytes: "x" }], at(2));
  model.issue([{ kind: "retain", blob: "b" }], at(3));
  model.issue([{ kind: "release", blob: "b" }], at(4));
  expect(model.newest().get("blob b")).toBe("x");
  const last = [{ kind: "release", blob: "b" } as const, { kind: "drop", space: 1 } as const];
  model.issue(last, at(5));
  expect(model.newest().size).toBe(0);
});

test("of a record that an engine has let go only what it needs is looked at", () => {
  const model = new CoreModel();
  for (const lsn of [1, 2]) model.acknowledge(model.issue([append(lsn)], at(lsn)));
  model.forget(streamLine(1, 1), 1);
  const tail = { [tailLine(1)]: "2", [streamLine(1, 2)]: "b2" };
  expect(model.recover(found({ ...tail, [streamLine(1, 1)]: "c1" }))).toContain("no prefix");
  expect(model.recover(found({ ...tail, [streamLine(1, 1)]: "b\0" }))).toBeUndefined();
  model.forget(streamLine(1, 1), 0);
  expect(model.recover(found(tail))).toBeUndefined();
});

test("the state as of an LSN is what was committed up to it, over crashes", () => {
  const model = new CoreModel();
  model.issue([put("a", "1")], at(3));
  expect(model.recover(found({ "key 1 a": "1" }))).toBeUndefined();
  model.issue([put("a", "2")], at(5));
  expect([2, 4, 5].map((lsn) => model.stateAt(lsn).get("key 1 a"))).toEqual([undefined, "1", "2"]);
});

test("an answer that depends on a line waits for the newest entry that touched it", () => {
  const model = new CoreModel();
  model.issue([put("a", "1")], at(1));
  model.issue([put("b", "1")], at(2));
  model.issue([put("a", "2")], at(3));
  expect(model.countBehind(keyLine(1, "a"))).toBe(3);
  expect(model.countBehind(keyLine(1, "b"))).toBe(2);
  expect(model.countBehind(keyLine(1, "c"))).toBe(0);
});

test("ranges are sorted, bounded and reversed as the store's are", () => {
  const state = found({ "key 1 b": "2", "key 1 a": "1", "key 1 c": "3", "key 11 a": "x" });
  const names = (range: Parameters<typeof rangeOf>[2]): string =>
    rangeOf(state, 1, range)
      .map(([key]) => key)
      .join("");
  expect(names({ limit: 9 })).toBe("abc");
  expect(names({ limit: 2, reverse: true })).toBe("cb");
  expect(names({ gte: "b", lt: "c", limit: 9 })).toBe("b");
});
