import { expect, test } from "vitest";
import { BucketRecords } from "./bucket-records.ts";
import { packBucket } from "./records.ts";

const record = { owner: "000000000000", region: "us-east-1", created: 1, space: 7 };
const first = packBucket(record);
const second = packBucket({ ...record, versioning: "Enabled" });

test("a record is the newest only while nothing more has become durable", () => {
  const records = new BucketRecords();
  expect(records.newest("photos", 5)).toBeUndefined();
  records.noteNewest("photos", first, 5);
  expect(records.newest("photos", 5)).toEqual(record);
  expect(records.newest("photos", 6)).toBeUndefined();
  expect(records.newest("other", 5)).toBeUndefined();
});

test("what a transaction has read, pending or not, is nobody else's newest record", () => {
  const records = new BucketRecords();
  records.noteNewest("photos", first, 5);
  expect(records.of("photos", second).versioning).toBe("Enabled");
  expect(records.newest("photos", 5)).toBeUndefined();
});
