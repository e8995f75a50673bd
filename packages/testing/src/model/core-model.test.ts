import { expect, test } from "vitest";
import { CoreModel } from "./core-model.ts";
import { keyLine, rangeOf, streamLine } from "./core-state.ts";
import type { CoreEffect, CoreState } from "./core-state.ts";

const put = (key: string, value: string): CoreEffect => ({ kind: "put", space: 1, key, value });
const append = (body: string): CoreEffect => ({ kind: "append", space: 1, body });
const found = (entries: Record<string, string>): CoreState => new Map(Object.entries(entries));

test("what was acknowledged must be found", () => {
  const model = new CoreModel();
  model.acknowledge(model.issue([put("a", "1")]));
  expect(model.recover(found({}))).toContain("no prefix");
  expect(model.recover(found({ "key 1 a": "1" }))).toBeUndefined();
});

test("what was not acknowledged is found as a prefix, or not at all, never in part", () => {
  const model = (): CoreModel => {
    const fresh = new CoreModel();
    fresh.issue([put("a", "1"), put("b", "1")]);
    fresh.issue([put("c", "1")]);
    return fresh;
  };
  expect(model().recover(found({}))).toBeUndefined();
  expect(model().recover(found({ "key 1 a": "1", "key 1 b": "1" }))).toBeUndefined();
  expect(model().recover(found({ "key 1 a": "1" }))).toContain("no prefix");
  expect(model().recover(found({ "key 1 c": "1" }))).toContain("no prefix");
});

test("a barrier speaks for what lies before it; buffered records go from the end", () => {
  const model = new CoreModel();
  for (const body of ["1", "2", "3", "4"]) model.issue([append(body)]);
  model.acknowledgeUpTo(2);
  const line = streamLine(1);
  expect(model.recover(found({ [line]: "[1]" }))).toContain("no prefix");
  expect(model.recover(found({ [line]: "[1][2][4]" }))).toContain("no prefix");
  expect(model.recover(found({ [line]: "[1][2][3]" }))).toBeUndefined();
});

test("what was refused must not be found", () => {
  const model = new CoreModel();
  model.refuse(model.issue([put("a", "1")]));
  expect(model.recover(found({ "key 1 a": "1" }))).toContain("no prefix");
});

test("what was found once stays found", () => {
  const model = new CoreModel();
  model.issue([put("a", "1")]);
  expect(model.recover(found({ "key 1 a": "1" }))).toBeUndefined();
  expect(model.recover(found({}))).toContain("no prefix");
});

test("a dropped key space takes its keys along, the last release its blob", () => {
  const model = new CoreModel();
  model.issue([{ kind: "create", space: 1 }, put("a", "1")]);
  model.issue([{ kind: "attach", blob: "b", bytes: "x" }]);
  model.issue([{ kind: "retain", blob: "b" }]);
  model.issue([{ kind: "release", blob: "b" }]);
  expect(model.newest().get("blob b")).toBe("x");
  model.issue([
    { kind: "release", blob: "b" },
    { kind: "drop", space: 1 },
  ]);
  expect(model.newest().size).toBe(0);
});

test("an answer that depends on a line waits for the newest entry that touched it", () => {
  const model = new CoreModel();
  model.issue([put("a", "1")]);
  model.issue([put("b", "1")]);
  model.issue([put("a", "2")]);
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
