import { expect, test } from "vitest";
import { JSON_DEPTH_MAX, PROBLEMS_MAX, QUERY_DEPTH_MAX } from "./constants.ts";
import { constraintText } from "./constraint-text.ts";
import { compileConstraints } from "./constraints.ts";
import { compileJsonMembers, compileJsonWriter, parseJson } from "./json-codec.ts";
import { MalformedError, UnsupportedMemberError } from "./problem.ts";
import { parseQuery, readQueryMembers } from "./query-codec.ts";
import {
  blob,
  boolean,
  document,
  double,
  integer,
  list,
  long,
  map,
  string,
  structure,
  timestamp,
  unsupported,
} from "./shape.ts";
import { formatTimestamp, parseTimestamp } from "./timestamps.ts";

const everything = {
  S: string(),
  I: integer(),
  L: long(),
  D: double(),
  B: boolean(),
  T: timestamp(),
  Bytes: blob(),
  List: list(string()),
  Map: map(integer()),
  Nested: structure({ Inner: string({ name: "inner" }) }),
  Doc: document(),
  Gone: unsupported(),
};
const read = compileJsonMembers(everything);

test("JSON members are read by their shapes; null is absent, unknown ones are skipped", () => {
  const json = {
    S: "s",
    I: 1,
    L: 2 ** 40,
    D: 0.5,
    B: false,
    T: 1.5,
    Bytes: "AQI=",
    List: ["a"],
    Map: { __proto__: 1, a: 2 },
    Nested: { inner: "x" },
    Doc: { any: [1] },
    Gone: null,
    Other: 1,
  };
  expect(read(json, "")).toEqual({
    S: "s",
    I: 1,
    L: 2 ** 40,
    D: 0.5,
    B: false,
    T: 1500,
    Bytes: Buffer.from([1, 2]),
    List: ["a"],
    Map: { a: 2 },
    Nested: { Inner: "x" },
    Doc: { any: [1] },
  });
});

test.each([
  ["s", { S: 1 }],
  ["i", { I: 1.5 }],
  ["i", { I: 2 ** 31 }],
  ["l", { L: 2 ** 53 }],
  ["b", { B: "true" }],
  ["t", { T: "yesterday" }],
  ["bytes", { Bytes: "A=" }],
  ["list", { List: {} }],
  ["list.1.member", { List: [1] }],
  ["map.a.member", { Map: { a: "x" } }],
  ["nested", { Nested: [] }],
  ["nested.inner", { Nested: { inner: 5 } }],
])("a JSON value of another type is told at %s", (path, json) => {
  expect(() => read(json, "")).toThrow(
    expect.objectContaining({ reason: expect.objectContaining({ kind: "type", path }) }),
  );
});

test("an unsupported member is refused by name", () => {
  expect(() => read({ Gone: 1 }, "")).toThrow(UnsupportedMemberError);
});

test("JSON bodies are UTF-8, well formed and of bounded depth", () => {
  const deep = (depth: number): Buffer => Buffer.from("[".repeat(depth) + "]".repeat(depth));
  expect(parseJson(Buffer.from('{"a":"ü"}'))).toEqual({ a: "ü" });
  expect(() => parseJson(deep(JSON_DEPTH_MAX))).not.toThrow();
  expect(() => parseJson(deep(JSON_DEPTH_MAX + 1))).toThrow(MalformedError);
  const brackets = JSON.stringify({ text: `\\"${"[".repeat(JSON_DEPTH_MAX * 2)}` });
  expect(() => parseJson(Buffer.from(brackets))).not.toThrow();
  expect(() => parseJson(Buffer.from([0x22, 0xff, 0x22]))).toThrow(MalformedError);
  expect(() => parseJson(Buffer.from("{"))).toThrow(MalformedError);
});

test("a structure that is JSON already has no writer; others are converted", () => {
  expect(compileJsonWriter({ A: string(), B: list(integer()), C: document() })).toBeUndefined();
  const write = compileJsonWriter({
    When: timestamp(),
    Bytes: blob(),
    Renamed: string({ name: "renamed" }),
    Many: list(timestamp()),
    ByName: map(blob()),
  });
  const bytes = new Uint8Array([1, 2]);
  const value = { When: 1500, Bytes: bytes, Renamed: "x", Many: [0], ByName: { a: bytes } };
  expect(write?.(value)).toEqual({
    When: 1.5,
    Bytes: "AQI=",
    renamed: "x",
    Many: [0],
    ByName: { a: "AQI=" },
  });
});

test("a query parameter that the operation does not have is named as it was sent", () => {
  const members = {
    VolumeId: list(string()),
    Size: integer(),
    Filter: list(structure({ Name: string() })),
  };
  const stranger = (text: string): unknown => {
    try {
      return readQueryMembers(members, parseQuery(text));
    } catch (error) {
      return (error as MalformedError).reason;
    }
  };
  const named = (path: string): object => ({ kind: "unknown", path });
  expect(stranger("Action=A&Version=1&X-Amz-Date=d&Size=1")).toEqual({ Size: 1 });
  expect(stranger("Colour=red")).toEqual(named("Colour"));
  expect(stranger("Colour.1.Name=red")).toEqual(named("Colour.1.Name"));
  expect(stranger("Filter.1.Nam=size")).toEqual(named("Filter.1.Nam"));
  expect(stranger("Filter.1=size")).toEqual(named("Filter.1"));
  expect(stranger("VolumeId=vol-1")).toEqual(named("VolumeId"));
  expect(stranger("Size.1=1")).toEqual(named("Size.1"));
  expect(stranger("Size=1&Size.2=1")).toEqual(named("Size.2"));
});

test("query parameters nest by dots; numbers order lists, whatever the gaps", () => {
  const members = {
    Filters: list(structure({ Name: string(), Values: list(string(), { name: "Value" }) }), {
      name: "Filter",
    }),
    Size: integer(),
    DryRun: boolean(),
  };
  const text = "Filter.2.Name=b&Filter.10.Name=c&Filter.1.Name=a+%2B&Filter.1.Value.1=x&Size=8";
  expect(readQueryMembers(members, parseQuery(text))).toEqual({
    Filters: [{ Name: "a +", Values: ["x"] }, { Name: "b" }, { Name: "c" }],
    Size: 8,
  });
  const amz = readQueryMembers({ A: list(string()) }, parseQuery("A.member.1=x&A.member.2=y"));
  expect(amz).toEqual({ A: ["x", "y"] });
  expect(() => readQueryMembers(members, parseQuery("Size=8GiB"))).toThrow(MalformedError);
  expect(() => readQueryMembers(members, parseQuery("Filter.x.Name=a"))).toThrow(MalformedError);
  expect(() => parseQuery("a=%zz")).toThrow(MalformedError);
  const deep = `${"a.".repeat(QUERY_DEPTH_MAX)}a=1`;
  expect(() => readQueryMembers(members, parseQuery(deep))).toThrow(MalformedError);
});

test("broken constraints are told in order, with Java's texts, ten at the most", () => {
  const check = compileConstraints({
    TableName: string({ required: true, pattern: "[a-z]+", min: 3 }),
    Limit: integer({ min: 1, max: 10 }),
    Mode: string({ values: ["ON", "OFF"] }),
    Keys: list(structure({ Name: string({ required: true, max: 2 }) }), { max: 1 }),
    ByName: map(string({ min: 1 })),
  });
  expect(check({ TableName: "abc", Limit: 1, Mode: "ON", Keys: [{ Name: "a" }] })).toEqual([]);
  const text = constraintText(
    check({
      Limit: 0,
      Mode: "MAYBE",
      Keys: [{ Name: "abc" }, {}],
      ByName: { x: "" },
    }),
  );
  expect(text).toBe(
    "7 validation errors detected: " +
      [
        "Value null at 'tableName' failed to satisfy constraint: Member must not be null",
        "Value '0' at 'limit' failed to satisfy constraint: " +
          "Member must have value greater than or equal to 1",
        "Value 'MAYBE' at 'mode' failed to satisfy constraint: " +
          "Member must satisfy enum value set: [ON, OFF]",
        "Value '[{Name=abc}, {}]' at 'keys' failed to satisfy constraint: " +
          "Member must have length less than or equal to 1",
        "Value 'abc' at 'keys.1.member.name' failed to satisfy constraint: " +
          "Member must have length less than or equal to 2",
        "Value null at 'keys.2.member.name' failed to satisfy constraint: Member must not be null",
        "Value '' at 'byName.x.member' failed to satisfy constraint: " +
          "Member must have length greater than or equal to 1",
      ].join("; "),
  );
  const many = Array.from({ length: 20 }, () => ({}));
  expect(check({ TableName: "abc", Keys: many })).toHaveLength(PROBLEMS_MAX);
});

test("timestamps are read in all three forms and written in the one asked for", () => {
  const ms = Date.UTC(2026, 10, 24, 8, 30, 1, 500);
  expect(formatTimestamp(ms, "epoch")).toBe("1795509001.5");
  expect(formatTimestamp(ms, "iso8601")).toBe("2026-11-24T08:30:01.500Z");
  expect(formatTimestamp(ms, "rfc822")).toBe("Tue, 24 Nov 2026 08:30:01 GMT");
  for (const format of ["epoch", "iso8601"] as const) {
    expect(parseTimestamp(formatTimestamp(ms, format))).toBe(ms);
  }
  expect(parseTimestamp("Tue, 24 Nov 2026 08:30:01 GMT")).toBe(ms - 500);
  expect(parseTimestamp("2026-11-24T10:30:01.500+02:00")).toBe(ms);
  expect(parseTimestamp("24 Nov")).toBeUndefined();
  expect(parseTimestamp("2026-13-24T08:30:01Z")).toBeUndefined();
});
