import { expect, test } from "vitest";
import { checkObjectKey } from "./object-key.ts";

test.each(["a", "..", "a//b", "/", "\u0000", "é".repeat(512), "a".repeat(1024)])(
  "a key of up to 1024 bytes is taken as it is",
  (key) => {
    expect(() => checkObjectKey(key)).not.toThrow();
  },
);

test("the length of a key is counted in bytes of UTF-8", () => {
  expect(() => checkObjectKey("é".repeat(513))).toThrow(
    expect.objectContaining({
      code: "FIRN_OBJECT_KEY_TOO_LONG",
      detail: { size: 1026, maxSizeAllowed: 1024 },
    }),
  );
});

test.each(["", "a\ud800"])("an empty key and half a surrogate pair are refused", (key) => {
  expect(() => checkObjectKey(key)).toThrow(
    expect.objectContaining({ code: "FIRN_OBJECT_KEY_INVALID" }),
  );
});
