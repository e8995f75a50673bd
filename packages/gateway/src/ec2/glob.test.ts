import { expect, test } from "vitest";
import { matchesGlob } from "./glob.ts";

test.each<[string, string, boolean]>([
  ["abc", "abc", true],
  ["abc", "abcd", false],
  ["a?c", "abc", true],
  ["a?c", "ac", false],
  ["*", "", true],
  ["*.log", "x.log", true],
  ["a*b*c", "a-b-b-c", true],
  ["a*b*c", "a-b-b-d", false],
  ["**a", "ba", true],
  ["\\*", "*", true],
  ["\\*", "x", false],
  ["\\?\\\\", "?\\", true],
  [".", "x", false],
  ["\\d", "\\d", true],
])("%s against %s is %s", (value, text, matches) => {
  expect(matchesGlob(value, text)).toBe(matches);
});

test("many wildcards take no time to speak of", () => {
  const value = `${"*a".repeat(120)}*b`;
  expect(matchesGlob(value, "a".repeat(255))).toBe(false);
});
