import { createReadStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { S3 } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startServer } from "../support/server.ts";
import type { RunningServer } from "../support/server.ts";

const Bucket = "sdk";
const PART_BYTES = 5 * 1024 ** 2;
let server: RunningServer;
let s3: S3;
let folder: string;

beforeAll(async () => {
  server = await startServer();
  folder = await mkdtemp(join(tmpdir(), "firn-sdk-"));
  const { AWS_ACCESS_KEY_ID = "", AWS_SECRET_ACCESS_KEY = "" } = server.environment;
  s3 = new S3({
    endpoint: server.endpoint,
    region: "us-east-1",
    forcePathStyle: true,
    credentials: { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY },
  });
  await s3.createBucket({ Bucket });
});
afterAll(async () => {
  s3.destroy();
  await server.remove();
  await rm(folder, { recursive: true, force: true });
});

const algorithms = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const;

/** The SDK itself compares what it reads with the checksum that comes with it. */
describe.each(algorithms)("the JavaScript SDK with %s", (ChecksumAlgorithm) => {
  const member = `Checksum${ChecksumAlgorithm}` as const;

  async function expectBack(Key: string, bytes: Uint8Array): Promise<string | undefined> {
    const got = await s3.getObject({ Bucket, Key, ChecksumMode: "ENABLED" });
    const back = await got.Body!.transformToByteArray();
    expect(Buffer.compare(back, bytes)).toBe(0);
    return got[member];
  }

  test.each([0, 1000, 300_000])("%i bytes, the checksum in a header", async (size) => {
    const Body = randomBytes(size);
    const Key = `${member}/bytes-${size}`;
    const put = await s3.putObject({ Bucket, Key, Body, ChecksumAlgorithm });
    expect(put[member]).toMatch(/^[A-Za-z0-9+/]+=*$/);
    expect(await expectBack(Key, Body)).toBe(put[member]);
  });

  test("a stream, the checksum in a trailer", async () => {
    const bytes = randomBytes(3_000_000);
    const file = join(folder, member);
    await writeFile(file, bytes);
    const Key = `${member}/stream`;
    const Body = createReadStream(file);
    const put = await s3.putObject({ Bucket, Key, Body, ChecksumAlgorithm });
    expect(await expectBack(Key, bytes)).toBe(put[member]);
  });

  test("an upload in parts, each with its own", async () => {
    const Key = `${member}/parts`;
    const bytes = randomBytes(PART_BYTES + 1000);
    const created = await s3.createMultipartUpload({ Bucket, Key, ChecksumAlgorithm });
    const upload = { Bucket, Key, UploadId: created.UploadId };
    const Parts = [];
    for (const [i, start] of [0, PART_BYTES].entries()) {
      const PartNumber = i + 1;
      const Body = bytes.subarray(start, start + PART_BYTES);
      const put = await s3.uploadPart({ ...upload, PartNumber, Body, ChecksumAlgorithm });
      Parts.push({ PartNumber, ETag: put.ETag, [member]: put[member] });
    }
    const done = await s3.completeMultipartUpload({ ...upload, MultipartUpload: { Parts } });
    const whole = ChecksumAlgorithm === "CRC64NVME";
    expect(done.ChecksumType).toBe(whole ? "FULL_OBJECT" : "COMPOSITE");
    expect(await expectBack(Key, bytes)).toBe(done[member]);
  });

  test("bytes that do not match it are refused, and nothing is stored", async () => {
    const Key = `${member}/wrong`;
    const right = await s3.putObject({ Bucket, Key: `${Key}-not`, Body: "a", ChecksumAlgorithm });
    const wrong = { Bucket, Key, Body: "b", [member]: right[member] };
    await expect(s3.putObject(wrong)).rejects.toMatchObject({ name: "BadDigest" });
    await expect(s3.headObject({ Bucket, Key })).rejects.toMatchObject({ name: "NotFound" });
  });
});
