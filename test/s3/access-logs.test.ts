import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetBucketLoggingCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketLoggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import type { LoggingEnabled } from "@aws-sdk/client-s3";
import { afterEach, beforeEach, expect, test } from "vitest";
import { serveS3 } from "../support/serve-s3.ts";
import type { ServedS3 } from "../support/serve-s3.ts";

/** Server access logs: what was asked of a bucket, as objects of another one. */

const MINUTE_MS = 60_000;

let served: ServedS3;

beforeEach(async () => {
  served = await serveS3({ clockMode: { kind: "manual" } });
  for (const Bucket of ["watched", "logs"]) {
    await served.s3.send(new CreateBucketCommand({ Bucket }));
  }
});
afterEach(() => served.close());

async function setLogging(LoggingEnabled: LoggingEnabled | undefined): Promise<void> {
  const BucketLoggingStatus = { LoggingEnabled };
  await served.s3.send(new PutBucketLoggingCommand({ Bucket: "watched", BucketLoggingStatus }));
}

async function logKeys(): Promise<string[]> {
  const { Contents = [] } = await served.s3.send(new ListObjectsV2Command({ Bucket: "logs" }));
  return Contents.map(({ Key }) => Key ?? "");
}

async function logLines(): Promise<string[]> {
  let text = "";
  for (const Key of await logKeys()) {
    const { Body } = await served.s3.send(new GetObjectCommand({ Bucket: "logs", Key }));
    text += (await Body?.transformToString()) ?? "";
  }
  return text.split("\n").slice(0, -1);
}

test("requests become lines of log objects, in S3's form, a few minutes later", async () => {
  const { s3, firn } = served;
  await setLogging({ TargetBucket: "logs", TargetPrefix: "w/" });
  const of = { Bucket: "watched", Key: 'a "b"\n' };
  await s3.send(new PutObjectCommand({ ...of, Body: "12345" }));
  await s3.send(new GetObjectCommand({ ...of, Range: "bytes=0-1" }));
  await expect(s3.send(new GetObjectCommand({ Bucket: "watched", Key: "none" }))).rejects.toThrow();
  await s3.send(new DeleteObjectCommand({ Bucket: "watched", Key: "a" }));
  await fetch(`${served.endpoint}/watched/secret`, { headers: { referer: "http://x.test/" } });
  await expect
    .poll(async () => {
      await firn.store.advanceClock(6 * MINUTE_MS);
      return (await logLines()).length;
    })
    .toBe(6);
  expect((await logKeys())[0]).toMatch(/^w\/\d{4}(-\d\d){5}-[0-9A-F]{16}$/);
  const lines = await logLines();
  const fields = lines.map((line) => line.match(/"[^"]*"|\[[^\]]*\]|\S+/g) ?? []);
  expect(fields.map((line) => line.length)).toEqual([26, 26, 26, 26, 26, 26]);
  const seen = fields.map((line) => [line[1], line[6], line[7], line[9], line[10]]);
  expect(seen).toEqual([
    ["watched", "REST.PUT.LOGGING_STATUS", "-", "200", "-"],
    ["watched", "REST.PUT.OBJECT", "a%20%22b%22%0A", "200", "-"],
    ["watched", "REST.GET.OBJECT", "a%20%22b%22%0A", "206", "-"],
    ["watched", "REST.GET.OBJECT", "none", "404", "NoSuchKey"],
    ["watched", "REST.DELETE.OBJECT", "a", "204", "-"],
    ["watched", "REST.GET.OBJECT", "secret", "403", "AccessDenied"],
  ]);
  const [, put = [], get = [], , , stranger = []] = fields;
  expect(put[2]).toMatch(/^\[\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d \+0000\]$/);
  expect([put[12], get[11], get[12]]).toEqual(["5", "2", "5"]);
  expect([put[19], put[21], stranger[4], stranger[15], stranger[19]]).toEqual([
    "SigV4",
    "AuthHeader",
    "-",
    '"http://x.test/"',
    "-",
  ]);
  expect(put[4]).toBe(put[0]);
});

test("keys may be parted by account, bucket and day", async () => {
  const { s3, firn } = served;
  const PartitionedPrefix = { PartitionDateSource: "EventTime" } as const;
  const logging = {
    TargetBucket: "logs",
    TargetPrefix: "",
    TargetObjectKeyFormat: { PartitionedPrefix },
  };
  await setLogging(logging);
  const got = await s3.send(new GetBucketLoggingCommand({ Bucket: "watched" }));
  expect(got.LoggingEnabled).toEqual(logging);
  await firn.objects.flushAccessLogs();
  const today = new Date(firn.store.clock.now()).toISOString().slice(0, 10);
  const path = `000000000000/us-east-1/watched/${today.replaceAll("-", "/")}`;
  expect((await logKeys())[0]).toMatch(new RegExp(`^${path}/${today}-00-00-00-[0-9A-F]{16}$`));
});

test("without a target no logging begins, and an empty document ends it", async () => {
  const { s3, firn } = served;
  const none = { TargetBucket: "nowhere", TargetPrefix: "" };
  await expect(setLogging(none)).rejects.toMatchObject({ name: "InvalidTargetBucketForLogging" });
  const grant = { Grantee: { Type: "Group", URI: "http://x" }, Permission: "READ" } as const;
  const granted = { TargetBucket: "logs", TargetPrefix: "", TargetGrants: [grant] };
  await expect(setLogging(granted)).rejects.toMatchObject({
    name: "AccessControlListNotSupported",
  });
  const before = await s3.send(new GetBucketLoggingCommand({ Bucket: "watched" }));
  expect(before.LoggingEnabled).toBeUndefined();
  await setLogging({ TargetBucket: "logs", TargetPrefix: "" });
  await setLogging(undefined);
  await s3.send(
    new PutBucketVersioningCommand({
      Bucket: "watched",
      VersioningConfiguration: { Status: "Enabled" },
    }),
  );
  await expect(
    s3.send(new UploadPartCommand({ Bucket: "watched", Key: "k", UploadId: "u", PartNumber: 1 })),
  ).rejects.toThrow();
  await firn.objects.flushAccessLogs();
  expect(await logKeys()).toEqual([]);
});
