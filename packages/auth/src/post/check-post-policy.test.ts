import { describe, expect, test } from "vitest";
import { checkPostPolicy } from "./check-post-policy.ts";

const LATER = "2999-01-01T00:00:00.000Z";

function check(policy: unknown, fields: Readonly<Record<string, string>> = {}): unknown {
  const text = typeof policy === "string" ? policy : JSON.stringify(policy);
  return checkPostPolicy(Buffer.from(text).toString("base64"), {
    fields: new Map(Object.entries({ bucket: "b", key: "a/b", ...fields })),
    nowMs: Date.UTC(2026, 10, 24),
  });
}

function code(policy: unknown, fields?: Readonly<Record<string, string>>): unknown {
  try {
    check(policy, fields);
    return undefined;
  } catch (error) {
    return (error as { readonly code?: string }).code;
  }
}

const conditions = (...list: readonly unknown[]): object => ({
  expiration: LATER,
  conditions: [["starts-with", "$key", ""], ...list],
});

describe("a policy document", () => {
  test.each<[name: string, policy: unknown]>([
    ["no JSON", "{"],
    ["nothing", ""],
    ["a list", []],
    ["no expiration", { conditions: [] }],
    ["a date of another form", { expiration: "24 Nov 2999", conditions: [] }],
    ["a day that is none", { expiration: "2999-02-31T99:00:00Z", conditions: [] }],
    ["no conditions", { expiration: LATER }],
    ["an empty condition", conditions({})],
    ["two in one", conditions({ a: "1", b: "2" })],
    ["a number for a text", conditions({ a: 1 })],
    ["a field without its mark", conditions(["eq", "acl", "private"])],
    ["a range that is none", conditions(["content-length-range", -1, 5])],
    ["half a range", conditions(["content-length-range", 5])],
    [
      "nonsense without end",
      `{"expiration":"${LATER}","conditions":[${"[".repeat(7000)}${"]".repeat(7000)}]}`,
    ],
  ])("of %s is invalid", (_name, policy) => {
    expect(code(policy)).toBe("InvalidPolicyDocument");
  });

  test("whose time is over lets nothing in", () => {
    expect(code({ expiration: "2026-11-23T23:59:59Z", conditions: [] })).toBe("AccessDenied");
  });
});

describe("conditions", () => {
  test("must hold, each of them", () => {
    expect(code(conditions(["eq", "$acl", "private"]), { acl: "private" })).toBeUndefined();
    expect(code(conditions(["eq", "$acl", "private"]), { acl: "Private" })).toBe("AccessDenied");
    expect(code(conditions(["eq", "$acl", "private"]))).toBe("AccessDenied");
    expect(code(conditions({ ACL: "private" }), { acl: "private" })).toBeUndefined();
    expect(code(conditions({ bucket: "other" }))).toBe("AccessDenied");
    expect(code(conditions(["starts-with", "$x-amz-meta-a", ""]))).toBeUndefined();
    expect(code(conditions(["starts-with", "$x-amz-meta-a", "1"]))).toBe("AccessDenied");
  });

  test("of a list of types hold for each type", () => {
    const images = conditions(["starts-with", "$Content-Type", "image/"]);
    expect(code(images, { "content-type": "image/png, image/gif" })).toBeUndefined();
    expect(code(images, { "content-type": "image/png, text/html" })).toBe("AccessDenied");
  });

  test("must cover every field that says something", () => {
    expect(code(conditions(), { acl: "private" })).toBe("AccessDenied");
    const free = { "x-ignore-a": "1", signature: "s", policy: "p", "x-amz-checksum-crc32": "c" };
    expect(code(conditions(), free)).toBeUndefined();
  });

  test("of lengths are told, the narrowest of them", () => {
    expect(check(conditions())).toBeUndefined();
    const ranges = [
      ["content-length-range", 1, 10],
      ["content-length-range", "2", "20"],
    ];
    expect(check(conditions(...ranges))).toEqual({ min: 2, max: 10 });
  });
});
