import { expect, test } from "vitest";
import {
  headKey,
  headKeys,
  partKey,
  partNumberOf,
  uploadIdOf,
  uploadKey,
  uploadKeys,
} from "./key-layout.ts";

const keys = ["a", "a\u0000", "a\u0000\u0000b", "a\u0001", "a/", "a/b", "b", "é", "\uffff", "😀"];
const id = "0123456789abcdef0123456789abcdef";
const byBytes = (a: Uint8Array, b: Uint8Array): number => Buffer.compare(a, b);

test("heads lie in the byte order of their keys in UTF-8", () => {
  const encoded = keys.toReversed().map(headKey).toSorted(byBytes);
  expect(encoded.map((key) => headKeys.name(key))).toEqual(keys);
});

test("uploads lie in the order of their keys, then of their ids, NUL in a key included", () => {
  const ids = [id, id.replace("0", "1")];
  const encoded = keys
    .toReversed()
    .flatMap((key) => ids.toReversed().map((one) => uploadKey(key, one)));
  const sorted = encoded.toSorted(byBytes);
  expect(sorted.map((key) => uploadKeys.name(key))).toEqual(keys.flatMap((key) => [key, key]));
  expect(sorted.slice(0, 2).map(uploadIdOf)).toEqual(ids);
});

test("the bytes of a prefix begin the bytes of every name that starts with it", () => {
  for (const listed of [headKeys, uploadKeys]) {
    const prefix = Buffer.from(listed.prefix("a\u0000"));
    const name = Buffer.from(listed.prefix("a\u0000\u0000b"));
    expect(name.subarray(0, prefix.length).equals(prefix)).toBe(true);
  }
});

test("parts lie in the order of their numbers", () => {
  const encoded = [10_000, 1, 256].map((part) => partKey(id, part)).toSorted(byBytes);
  expect(encoded.map(partNumberOf)).toEqual([1, 256, 10_000]);
});
