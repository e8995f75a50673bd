import { createHash } from "node:crypto";
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  ListObjectsV2Command,
  PutBucketVersioningCommand,
  PutObjectCommand,
  RenameObjectCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import type { S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serveS3 } from "../support/serve-s3.ts";
import type { ServedS3 } from "../support/serve-s3.ts";

/** Through the JavaScript SDK: appending at an offset, and renaming. */

let served: ServedS3;
let s3: S3Client;
const Bucket = "growing";

beforeAll(async () => {
  served = await serveS3();
  ({ s3 } = served);
  await s3.send(new CreateBucketCommand({ Bucket }));
});
afterAll(() => served.close());

async function append(Key: string, Body: string, WriteOffsetBytes: number): Promise<number> {
  const made = await s3.send(new PutObjectCommand({ Bucket, Key, Body, WriteOffsetBytes }));
  return made.Size ?? -1;
}

async function read(Key: string, options: object = {}): Promise<string | undefined> {
  const found = await s3.send(new GetObjectCommand({ Bucket, Key, ...options }));
  return await found.Body?.transformToString();
}

test("bytes are appended where the object ends, and nowhere else", async () => {
  expect(await append("log", "one", 0)).toBe(3);
  expect(await append("log", "two", 3)).toBe(6);
  expect(await append("log", "three", 6)).toBe(11);
  expect(await read("log")).toBe("onetwothree");
  expect(await read("log", { Range: "bytes=2-7" })).toBe("etwoth");
  const failed = { name: "InvalidWriteOffset", $metadata: { httpStatusCode: 400 } };
  await expect(append("log", "x", 3)).rejects.toMatchObject(failed);
  await expect(append("log", "x", 0)).rejects.toMatchObject(failed);
  await expect(append("none", "x", 5)).rejects.toMatchObject({ name: "NoSuchKey" });
  // The checksum of all bytes follows from those of the pieces: the client verifies it.
  expect(await read("log", { ChecksumMode: "ENABLED" })).toBe("onetwothree");
});

test("of many who append at one offset one does", async () => {
  await append("contested", "0", 0);
  const all = Array.from({ length: 16 }, (_, n) => append("contested", `${n % 10}`, 1));
  const results = await Promise.allSettled(all);
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect(await read("contested")).toHaveLength(2);
});

test("a part copied from an object that was appended to has the MD5 of its bytes", async () => {
  const md5 = (data: string | Buffer): Buffer => createHash("md5").update(data).digest();
  await s3.send(new PutObjectCommand({ Bucket, Key: "from-empty", Body: "" }));
  await append("from-empty", "bytes", 0);
  await s3.send(new PutObjectCommand({ Bucket, Key: "with-empty", Body: "bytes" }));
  await append("with-empty", "", 5);
  await append("in-two", "by", 0);
  await append("in-two", "tes", 2);
  for (const source of ["from-empty", "with-empty", "in-two"]) {
    const Key = `of-${source}`;
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    const CopySource = `${Bucket}/${source}`;
    const part = { Bucket, Key, UploadId, PartNumber: 1 };
    const { CopyPartResult } = await s3.send(new UploadPartCopyCommand({ ...part, CopySource }));
    expect(CopyPartResult?.ETag, source).toBe(`"${md5("bytes").toString("hex")}"`);
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag: CopyPartResult?.ETag }] };
    const complete = { Bucket, Key, UploadId, MultipartUpload };
    const { ETag } = await s3.send(new CompleteMultipartUploadCommand(complete));
    expect(ETag).toBe(`"${md5(md5("bytes")).toString("hex")}-1"`);
    expect(await read(Key)).toBe("bytes");
  }
});

test("an encrypted object grows as it is", async () => {
  const put = { Bucket, Key: "sealed", Body: "a", ServerSideEncryption: "AES256" } as const;
  await s3.send(new PutObjectCommand(put));
  for (let n = 1; n < 6; n++) await append("sealed", "a", n);
  expect(await read("sealed")).toBe("aaaaaa");
});

test("an object is renamed in one step, over what was there if that is allowed", async () => {
  await s3.send(new PutObjectCommand({ Bucket, Key: "from", Body: "moved" }));
  await s3.send(new PutObjectCommand({ Bucket, Key: "to", Body: "old" }));
  const rename = { Bucket, Key: "to", RenameSource: "from" };
  const unless = new RenameObjectCommand({ ...rename, DestinationIfNoneMatch: "*" });
  await expect(s3.send(unless)).rejects.toMatchObject({ name: "PreconditionFailed" });
  await s3.send(new RenameObjectCommand(rename));
  expect(await read("to")).toBe("moved");
  await expect(read("from")).rejects.toMatchObject({ name: "NoSuchKey" });
  const again = s3.send(new RenameObjectCommand(rename));
  await expect(again).rejects.toMatchObject({ name: "NoSuchKey" });
});

test("a rename may ask when what it writes over was modified", async () => {
  const failed = { name: "PreconditionFailed" };
  const [before, after] = [new Date(0), new Date(served.firn.store.clock.now() + 3_600_000)];
  const rename = (from: string, to: string, conditions: object): Promise<unknown> =>
    s3.send(new RenameObjectCommand({ Bucket, RenameSource: from, Key: to, ...conditions }));
  for (const Key of ["new", "target"])
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
  const [modified, unmodified] = ["DestinationIfModifiedSince", "DestinationIfUnmodifiedSince"];
  await expect(rename("new", "target", { [modified]: after })).rejects.toMatchObject(failed);
  await expect(rename("new", "target", { [unmodified]: before })).rejects.toMatchObject(failed);
  await expect(rename("new", "nothing", { [modified]: before })).rejects.toMatchObject(failed);
  expect(await read("target")).toBe("target");
  await rename("new", "target", { [modified]: before, [unmodified]: after });
  expect(await read("target")).toBe("new");
  await rename("target", "nothing", { [unmodified]: before });
  expect(await read("nothing")).toBe("new");
});

test("with versioning both keys keep what they were", async () => {
  const versioned = "growing-versions";
  await s3.send(new CreateBucketCommand({ Bucket: versioned }));
  const VersioningConfiguration = { Status: "Enabled" } as const;
  await s3.send(new PutBucketVersioningCommand({ Bucket: versioned, VersioningConfiguration }));
  await s3.send(new PutObjectCommand({ Bucket: versioned, Key: "a", Body: "1" }));
  const rename = { Bucket: versioned, Key: "b", RenameSource: "a" };
  await s3.send(new RenameObjectCommand(rename));
  const listed = await s3.send(new ListObjectsV2Command({ Bucket: versioned }));
  expect(listed.Contents?.map(({ Key }) => Key)).toEqual(["b"]);
  const all = await s3.send(new ListObjectVersionsCommand({ Bucket: versioned }));
  expect(all.DeleteMarkers?.map(({ Key }) => Key)).toEqual(["a"]);
  expect(all.Versions?.map(({ Key }) => Key)).toEqual(["a", "b"]);
});
