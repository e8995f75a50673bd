import { expect, test } from "vitest";
import { checkBucketName, isBucketName } from "./bucket-name.ts";

test.each(["abc", "my-bucket", "a.b.c", "0-0", "a".repeat(63), "192.168.1", "logs-s3"])(
  "the bucket name %s is taken",
  (name) => {
    expect(isBucketName(name)).toBe(true);
  },
);

test.each([
  ["is too short", "ab"],
  ["is too long", "a".repeat(64)],
  ["holds a capital", "Abc"],
  ["holds an underscore", "a_b"],
  ["starts with a hyphen", "-abc"],
  ["ends with a period", "abc."],
  ["has two periods together", "a..b"],
  ["looks like an address", "192.168.5.4"],
  ["starts like punycode", "xn--abc"],
  ["ends like an alias", "abc-s3alias"],
  ["ends like a directory bucket", "abc--x-s3"],
  ["is empty", ""],
])("a bucket name that %s is refused", (_why, name) => {
  expect(() => checkBucketName(name)).toThrow(
    expect.objectContaining({ code: "FIRN_BUCKET_NAME_INVALID" }),
  );
});
