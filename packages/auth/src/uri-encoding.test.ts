import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalPath, canonicalQuery } from "./canonical-uri.ts";
import { canonicalEncoding } from "./uri-encoding.ts";

const seed = Number(process.env["FIRN_SEED"] ?? 20_261_124);

/** RFC 3986 as SigV4 has it, from the language's own functions. */
function reference(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

test("whatever way text was escaped, its canonical encoding is the same", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 20 });
  const everyByte = (plain: string): string =>
    [...Buffer.from(plain)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
  fc.assert(
    fc.property(text, (plain) => {
      const expected = reference(plain);
      expect(canonicalEncoding(expected)).toBe(expected);
      expect(canonicalEncoding(encodeURIComponent(plain))).toBe(expected);
      expect(canonicalEncoding(everyByte(plain))).toBe(expected);
    }),
    { seed, numRuns: 500 },
  );
});

test("every byte is escaped or stands for itself, never both", () => {
  for (let byte = 0; byte < 256; byte++) {
    const escaped = `%${byte.toString(16).padStart(2, "0").toUpperCase()}`;
    const once = canonicalEncoding(escaped);
    expect(once).toBe(byte < 128 ? reference(String.fromCharCode(byte)) : escaped);
    expect(canonicalEncoding(once)).toBe(once);
  }
});

test("a percent sign that escapes nothing is a percent sign", () => {
  expect(canonicalEncoding("100%")).toBe("100%25");
  expect(canonicalEncoding("%zz%4")).toBe("%25zz%254");
});

test.each([
  ["/a//b/../c/./d", "/a//b/../c/./d", "/a/c/d"],
  ["/a%20b", "/a%20b", "/a%2520b"],
  ["/a b+c", "/a%20b%2Bc", "/a%20b%2Bc"],
  ["/a%2Fb", "/a%2Fb", "/a%252Fb"],
  ["/a%2fb%41", "/a%2FbA", "/a%252fb%2541"],
  ["/..", "/..", "/"],
  ["", "/", "/"],
  ["//", "//", "/"],
  ["/a/", "/a/", "/a/"],
])("the path %s is %s for S3 and %s for others", (path, s3, standard) => {
  expect(canonicalPath(path, "s3")).toBe(s3);
  expect(canonicalPath(path, "standard")).toBe(standard);
});

test.each([
  ["acl", "acl="],
  ["b=2&a=1", "a=1&b=2"],
  ["a=2&a=1", "a=1&a=2"],
  ["a-b=1&a=1", "a=1&a-b=1"],
  ["a=b=c", "a=b%3Dc"],
  ["&&a=1&", "a=1"],
  ["a=%2f%7E", "a=%2F~"],
  ["=1", "=1"],
])("the query %s is %s", (query, expected) => {
  expect(canonicalQuery(query)).toBe(expected);
});

test("a plus is a space where forms are read, and a plus elsewhere", () => {
  expect(canonicalQuery("a=1+2", { plusIsSpace: true })).toBe("a=1%202");
  expect(canonicalQuery("a=1+2")).toBe("a=1%2B2");
});
