import { SeededRandom } from "@firn/core";
import { expect, test } from "vitest";
import { ARCHIVE_ID_CHARS } from "./constants.ts";
import { drawIdTail, isIdText, timeOrderedId, timePrefix } from "./identifiers.ts";

test("an archive id has 138 characters of the base64url alphabet", () => {
  const id = timeOrderedId(1_700_000_000_000, drawIdTail(new SeededRandom(7), ARCHIVE_ID_CHARS));
  expect(id).toMatch(/^A[A-Za-z0-9_-]{137}$/);
  expect(isIdText(id, ARCHIVE_ID_CHARS)).toBe(true);
  expect(isIdText(`${id}x`, ARCHIVE_ID_CHARS)).toBe(false);
});

test("two ids of one millisecond differ, and ids sort in the order of their times", () => {
  const random = new SeededRandom(8);
  const at = (time: number): string => timeOrderedId(time, drawIdTail(random, ARCHIVE_ID_CHARS));
  expect(at(5)).not.toBe(at(5));
  const times = [0, 1, 63, 64, 4095, 4096, 1_763_975_000_000, 1_763_975_000_001, 2 ** 47];
  const ids = times.map(at);
  expect(ids.toSorted()).toEqual(ids);
  expect(timePrefix(64) > at(63)).toBe(true);
});
