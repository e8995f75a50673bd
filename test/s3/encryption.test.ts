import { createHash, randomBytes } from "node:crypto";
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketEncryptionCommand,
  GetBucketEncryptionCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutBucketEncryptionCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import type { S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serveS3 } from "../support/serve-s3.ts";
import type { ServedS3 } from "../support/serve-s3.ts";

/** Through the JavaScript SDK: encryption on the server in its three forms. */

let served: ServedS3;
let s3: S3Client;
const Bucket = "sealed";
const Body = randomBytes(200_000);

beforeAll(async () => {
  served = await serveS3({ sseCustomerOverHttp: true });
  ({ s3 } = served);
  await s3.send(new CreateBucketCommand({ Bucket }));
});
afterAll(async () => {
  await served.close();
});

function customerKey(fill: number): {
  SSECustomerAlgorithm: string;
  SSECustomerKey: string;
  SSECustomerKeyMD5: string;
} {
  const key = Buffer.alloc(32, fill);
  return {
    SSECustomerAlgorithm: "AES256",
    SSECustomerKey: key.toString("base64"),
    SSECustomerKeyMD5: createHash("md5").update(key).digest("base64"),
  };
}

async function read(Key: string, options: object = {}): Promise<Buffer> {
  const found = await s3.send(new GetObjectCommand({ Bucket, Key, ...options }));
  return Buffer.from((await found.Body?.transformToByteArray()) ?? []);
}

test("an object of SSE-S3 keeps its MD5, comes back by ranges, and says how it lies", async () => {
  const put = new PutObjectCommand({ Bucket, Key: "own", Body, ServerSideEncryption: "AES256" });
  const made = await s3.send(put);
  const md5 = createHash("md5").update(Body).digest("hex");
  expect(made).toMatchObject({ ETag: `"${md5}"`, ServerSideEncryption: "AES256" });
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key: "own" }));
  expect(head).toMatchObject({ ServerSideEncryption: "AES256", ContentLength: Body.length });
  expect((await read("own")).equals(Body)).toBe(true);
  expect(
    (await read("own", { Range: "bytes=65500-131100" })).equals(Body.subarray(65500, 131101)),
  ).toBe(true);
});

test("an object of the customer's key needs that key for every read", async () => {
  const key = customerKey(1);
  const made = await s3.send(new PutObjectCommand({ Bucket, Key: "theirs", Body, ...key }));
  expect(made.SSECustomerKeyMD5).toBe(key.SSECustomerKeyMD5);
  expect(made.ETag).not.toBe(`"${createHash("md5").update(Body).digest("hex")}"`);
  expect((await read("theirs", key)).equals(Body)).toBe(true);
  const refused = { name: "InvalidRequest", $metadata: { httpStatusCode: 400 } };
  await expect(read("theirs")).rejects.toMatchObject(refused);
  await expect(read("theirs", customerKey(2))).rejects.toMatchObject(refused);
  await expect(read("own", key)).rejects.toMatchObject(refused);
});

test("a named key must exist, and an answer names it by its ARN", async () => {
  const { arn } = await served.firn.keyRing.createKey({
    accountId: "000000000000",
    keyId: "named",
  });
  const kms = { ServerSideEncryption: "aws:kms", SSEKMSKeyId: "named" } as const;
  const made = await s3.send(new PutObjectCommand({ Bucket, Key: "kms", Body, ...kms }));
  expect(made.SSEKMSKeyId).toBe(arn);
  expect((await read("kms")).equals(Body)).toBe(true);
  const none = new PutObjectCommand({ Bucket, Key: "kms", Body, ...kms, SSEKMSKeyId: "none" });
  await expect(s3.send(none)).rejects.toMatchObject({ name: "KMS.NotFoundException" });
  await served.firn.keyRing.setKeyEnabled({ arn, enabled: false });
  await expect(read("kms")).rejects.toMatchObject({ name: "KMS.DisabledException" });
  await served.firn.keyRing.setKeyEnabled({ arn, enabled: true });
});

test("a bucket's default holds for writes that say nothing", async () => {
  const get = new GetBucketEncryptionCommand({ Bucket });
  const none = { name: "ServerSideEncryptionConfigurationNotFoundError" };
  await expect(s3.send(get)).rejects.toMatchObject(none);
  const ApplyServerSideEncryptionByDefault = { SSEAlgorithm: "AES256" } as const;
  const ServerSideEncryptionConfiguration = { Rules: [{ ApplyServerSideEncryptionByDefault }] };
  const input = { Bucket, ServerSideEncryptionConfiguration };
  await s3.send(new PutBucketEncryptionCommand(input));
  const rules = (await s3.send(get)).ServerSideEncryptionConfiguration?.Rules;
  expect(rules).toMatchObject([{ ApplyServerSideEncryptionByDefault, BucketKeyEnabled: false }]);
  const made = await s3.send(new PutObjectCommand({ Bucket, Key: "default", Body }));
  expect(made.ServerSideEncryption).toBe("AES256");
  await s3.send(new DeleteBucketEncryptionCommand({ Bucket }));
  const plain = await s3.send(new PutObjectCommand({ Bucket, Key: "plain", Body }));
  expect(plain.ServerSideEncryption).toBeUndefined();
  expect((await read("default")).equals(Body)).toBe(true);
});

const forms = {
  plain: { write: {}, read: {} },
  own: { write: { ServerSideEncryption: "AES256" }, read: {} },
  kms: { write: { ServerSideEncryption: "aws:kms" }, read: {} },
  customer: { write: customerKey(5), read: customerKey(5) },
} as const;
const names = Object.keys(forms) as (keyof typeof forms)[];

test.each(names.flatMap((from) => names.map((to) => [from, to] as const)))(
  "a copy from %s to %s is readable as what it became",
  async (from, to) => {
    const Key = `copied-${from}-${to}`;
    await s3.send(new PutObjectCommand({ Bucket, Key, Body, ...forms[from].write }));
    const source = from === "customer" ? customerKey(5) : undefined;
    const copy = new CopyObjectCommand({
      Bucket,
      Key: `${Key}-copy`,
      CopySource: `${Bucket}/${Key}`,
      CopySourceSSECustomerAlgorithm: source?.SSECustomerAlgorithm,
      CopySourceSSECustomerKey: source?.SSECustomerKey,
      CopySourceSSECustomerKeyMD5: source?.SSECustomerKeyMD5,
      ...forms[to].write,
    });
    const { CopyObjectResult } = await s3.send(copy);
    expect((await read(`${Key}-copy`, forms[to].read)).equals(Body)).toBe(true);
    if (to === "plain" || to === "own") {
      expect(CopyObjectResult?.ETag).toBe(`"${createHash("md5").update(Body).digest("hex")}"`);
    }
  },
);

test("parts are encrypted as their upload was begun, copied ones too", async () => {
  const key = customerKey(9);
  const begin = new CreateMultipartUploadCommand({ Bucket, Key: "parts", ...key });
  const { UploadId } = await s3.send(begin);
  const part = { Bucket, Key: "parts", UploadId };
  const large = randomBytes(5 * 1024 * 1024 + 3);
  const one = new UploadPartCommand({ ...part, PartNumber: 1, Body: large, ...key });
  const first = await s3.send(one);
  const unkeyed = new UploadPartCommand({ ...part, PartNumber: 2, Body });
  await expect(s3.send(unkeyed)).rejects.toMatchObject({ name: "InvalidRequest" });
  const CopySource = `${Bucket}/own`;
  const two = new UploadPartCopyCommand({ ...part, PartNumber: 2, CopySource, ...key });
  const second = await s3.send(two);
  const Parts = [
    { PartNumber: 1, ETag: first.ETag },
    { PartNumber: 2, ETag: second.CopyPartResult?.ETag },
  ];
  const complete = { ...part, MultipartUpload: { Parts }, ...key };
  await s3.send(new CompleteMultipartUploadCommand(complete));
  const whole = Buffer.concat([large, Body]);
  expect((await read("parts", key)).equals(whole)).toBe(true);
  const across = { ...key, Range: "bytes=5242870-5242900" };
  expect((await read("parts", across)).equals(whole.subarray(5242870, 5242901))).toBe(true);
});

test("keys of customers are refused over plain http unless the server was told to", async () => {
  const strict = await serveS3();
  await strict.s3.send(new CreateBucketCommand({ Bucket: "strict" }));
  const put = new PutObjectCommand({ Bucket: "strict", Key: "k", Body: "x", ...customerKey(1) });
  await expect(strict.s3.send(put)).rejects.toMatchObject({ name: "InvalidRequest" });
  await strict.close();
});
