import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { request } from "node:http";
import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectsCommand,
  ListPartsCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
  paginateListObjectsV2,
} from "@aws-sdk/client-s3";
import type { GetObjectCommandInput } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { makeTemporaryDirectory, openStore } from "@firn/core";
import type { Store } from "@firn/core";
import { ObjectStore } from "@firn/objects";
import { gatewaySetup, testRoot } from "@firn/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Gateway } from "../frame/gateway.ts";
import { createS3Service } from "./service.ts";

const credentials = { accessKeyId: "AKIDS3", secretAccessKey: "s3/secret" };
const root = testRoot(credentials.accessKeyId);
const MIB = 1024 ** 2;
const Bucket = "acceptance";

let directory: string;
let store: Store;
let gateway: Gateway;
let endpoint: string;
let s3: S3Client;

beforeAll(async () => {
  directory = await makeTemporaryDirectory();
  store = await openStore({ directory, ephemeral: true });
  const objects = await ObjectStore.open({ store });
  gateway = new Gateway({
    services: [createS3Service({ objects })],
    ...gatewaySetup(store, [{ ...credentials, caller: root }]),
  });
  const { port } = await gateway.listen({ host: "127.0.0.1", port: 0 });
  endpoint = `http://127.0.0.1:${port}`;
  s3 = client({});
  await s3.send(new CreateBucketCommand({ Bucket }));
});
afterAll(async () => {
  s3.destroy();
  await gateway.close();
  await store.close();
  await rm(directory, { recursive: true });
});

function client(options: object): S3Client {
  const shared = { endpoint, region: "us-east-1", credentials, maxAttempts: 1 };
  return new S3Client({ ...shared, forcePathStyle: true, ...options });
}

async function read(input: Omit<GetObjectCommandInput, "Bucket">): Promise<Buffer> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, ...input }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

test("buckets are made in a region, found, listed and deleted", async () => {
  const LocationConstraint = "eu-central-1";
  const made = { Bucket: "regional", CreateBucketConfiguration: { LocationConstraint } } as const;
  const { Location } = await s3.send(new CreateBucketCommand(made));
  expect(Location).toBe("/regional");
  const head = await s3.send(new HeadBucketCommand({ Bucket: "regional" }));
  expect(head.BucketRegion).toBe(LocationConstraint);
  const location = await s3.send(new GetBucketLocationCommand({ Bucket: "regional" }));
  expect(location.LocationConstraint).toBe(LocationConstraint);
  const plain = await s3.send(new GetBucketLocationCommand({ Bucket }));
  expect(plain.LocationConstraint ?? "").toBe("");
  const { Buckets, Owner } = await s3.send(new ListBucketsCommand({}));
  expect(Buckets?.map((one) => one.Name)).toEqual([Bucket, "regional"]);
  expect(Owner).toEqual({ ID: root.canonicalId, DisplayName: "root" });
  await s3.send(new DeleteBucketCommand({ Bucket: "regional" }));
  await expect(s3.send(new HeadBucketCommand({ Bucket: "regional" }))).rejects.toMatchObject({
    name: "NotFound",
    $metadata: { httpStatusCode: 404 },
  });
});

test("an object comes back with its headers, its metadata and its ETag", async () => {
  const Body = "<hello>";
  const headers = {
    CacheControl: "max-age=60",
    ContentDisposition: 'attachment; filename="a b.txt"',
    ContentEncoding: "identity",
    ContentLanguage: "de",
    ContentType: "text/plain; charset=utf-8",
    Metadata: { colour: "blue", "with-dash": "1, 2" },
  };
  const Key = "a/ b+c&<ü>?#%2F.txt";
  const put = await s3.send(new PutObjectCommand({ Bucket, Key, Body, ...headers }));
  expect(put.ETag).toBe(`"${createHash("md5").update(Body).digest("hex")}"`);
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key }));
  expect(head).toMatchObject({ ...headers, ContentLength: 7, AcceptRanges: "bytes" });
  expect(Math.abs((head.LastModified?.getTime() ?? 0) - Date.now())).toBeLessThan(10_000);
  expect(String(await read({ Key }))).toBe(Body);
  const plain = await s3.send(new PutObjectCommand({ Bucket, Key: "empty" }));
  expect(plain.ETag).toBe('"d41d8cd98f00b204e9800998ecf8427e"');
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: "empty" }));
  expect(got).toMatchObject({ ContentType: "application/octet-stream", ContentLength: 0 });
});

test.each(["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const)(
  "a %s of buffered and streamed bodies is verified, stored and given back",
  async (algorithm) => {
    const bytes = randomBytes(200_000);
    async function* chunks(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < bytes.length; at += 70_000) {
        yield bytes.subarray(at, at + 70_000);
        await wait(1);
      }
    }
    const name = `Checksum${algorithm}` as "ChecksumCRC32";
    const shared = { Bucket, ChecksumAlgorithm: algorithm } as const;
    const one = await s3.send(new PutObjectCommand({ ...shared, Key: "one", Body: bytes }));
    const streamed = { Body: Readable.from(chunks()), ContentLength: bytes.length };
    const two = await s3.send(new PutObjectCommand({ ...shared, Key: "two", ...streamed }));
    expect(one[name]).toMatch(/^[A-Za-z0-9+/]+=*$/);
    expect(two[name]).toBe(one[name]);
    for (const Key of ["one", "two"]) {
      const asked = { Bucket, Key, ChecksumMode: "ENABLED" } as const;
      const got = await s3.send(new GetObjectCommand(asked));
      expect(got[name]).toBe(one[name]);
      expect(got.ChecksumType).toBe("FULL_OBJECT");
      const body = Buffer.from((await got.Body?.transformToByteArray()) ?? []);
      expect(body.equals(bytes)).toBe(true);
    }
    const wrong = { ...shared, Key: "wrong", Body: bytes, [name]: one[name]?.replace(/^./, "_") };
    await expect(s3.send(new PutObjectCommand(wrong))).rejects.toMatchObject({
      name: "BadDigest",
    });
    await expect(s3.send(new HeadObjectCommand({ Bucket, Key: "wrong" }))).rejects.toThrow();
  },
);

test("Content-MD5 is verified before anything is stored", async () => {
  const put = (ContentMD5: string): Promise<unknown> =>
    s3.send(new PutObjectCommand({ Bucket, Key: "md5", Body: "123456789", ContentMD5 }));
  await expect(put("AAAAAAAAAAAAAAAAAAAAAA==")).rejects.toMatchObject({ name: "BadDigest" });
  await expect(put("short")).rejects.toMatchObject({ name: "InvalidDigest" });
  await expect(s3.send(new HeadObjectCommand({ Bucket, Key: "md5" }))).rejects.toThrow();
  await put(createHash("md5").update("123456789").digest("base64"));
});

test("ranges, conditions and overridden headers", async () => {
  const bytes = randomBytes(150_000);
  const Key = "ranged";
  const { ETag } = await s3.send(new PutObjectCommand({ Bucket, Key, Body: bytes }));
  expect((await read({ Key, Range: "bytes=10-19" })).equals(bytes.subarray(10, 20))).toBe(true);
  expect((await read({ Key, Range: "bytes=-7" })).equals(bytes.subarray(-7))).toBe(true);
  const part = await s3.send(new GetObjectCommand({ Bucket, Key, Range: "bytes=149990-200000" }));
  expect(part).toMatchObject({ ContentRange: "bytes 149990-149999/150000", ContentLength: 10 });
  expect(part.$metadata.httpStatusCode).toBe(206);
  await part.Body?.transformToByteArray();
  await expect(read({ Key, Range: "bytes=150000-" })).rejects.toMatchObject({
    name: "InvalidRange",
    $metadata: { httpStatusCode: 416 },
    ActualObjectSize: "150000",
  });
  await expect(read({ Key, IfNoneMatch: ETag })).rejects.toMatchObject({
    $metadata: { httpStatusCode: 304 },
  });
  await expect(read({ Key, IfMatch: '"other"' })).rejects.toMatchObject({
    name: "PreconditionFailed",
  });
  await expect(read({ Key, IfModifiedSince: new Date() })).rejects.toMatchObject({
    $metadata: { httpStatusCode: 304 },
  });
  const overridden = { ResponseContentType: "text/css", ResponseCacheControl: "no-store" };
  const got = await s3.send(new GetObjectCommand({ Bucket, Key, ...overridden }));
  expect(got).toMatchObject({ ContentType: "text/css", CacheControl: "no-store" });
  await got.Body?.transformToByteArray();
});

test("conditional writes: one of many creates, stale ETags are refused", async () => {
  const Key = "conditional";
  const put = (Body: string, more: object): Promise<{ ETag?: string | undefined }> =>
    s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
  const created = await Promise.allSettled(
    Array.from({ length: 16 }, (_, index) => put(`${index}`, { IfNoneMatch: "*" })),
  );
  expect(created.filter((one) => one.status === "fulfilled")).toHaveLength(1);
  const refused = created.find((one) => one.status === "rejected");
  expect(refused?.reason).toMatchObject({ name: "PreconditionFailed" });
  const { ETag } = await s3.send(new HeadObjectCommand({ Bucket, Key }));
  await put("next", { IfMatch: ETag });
  await expect(put("stale", { IfMatch: ETag })).rejects.toMatchObject({
    name: "PreconditionFailed",
  });
  const missing = { Bucket, Key: "nothing-here", Body: "x", IfMatch: ETag };
  await expect(s3.send(new PutObjectCommand(missing))).rejects.toMatchObject({ name: "NoSuchKey" });
  const last = await put("x", { IfNoneMatch: '"another etag"' });
  await expect(put("x", { IfNoneMatch: last.ETag })).rejects.toMatchObject({
    name: "PreconditionFailed",
  });
});

test("listings page through prefixes and delimiters in both versions", async () => {
  const own = { Bucket: "listings" };
  await s3.send(new CreateBucketCommand(own));
  const names = ["a b&<é>", "photos/1", "photos/2", "photos/sub/3", "z+"];
  await Promise.all(names.map((Key) => s3.send(new PutObjectCommand({ ...own, Key, Body: Key }))));
  const listed: (string | undefined)[] = [];
  for await (const page of paginateListObjectsV2({ client: s3, pageSize: 2 }, { ...own })) {
    listed.push(...(page.Contents ?? []).map((one) => one.Key));
  }
  expect(listed).toEqual(names);
  const grouped: (string | undefined)[] = [];
  const query = { ...own, Delimiter: "/" };
  for await (const page of paginateListObjectsV2({ client: s3, pageSize: 1 }, { ...query })) {
    grouped.push(...(page.Contents ?? []).map((one) => one.Key));
    grouped.push(...(page.CommonPrefixes ?? []).map((one) => one.Prefix));
  }
  expect(grouped).toEqual(["a b&<é>", "photos/", "z+"]);
  const first = await s3.send(new ListObjectsCommand({ ...query, MaxKeys: 2 }));
  expect(first).toMatchObject({ IsTruncated: true, NextMarker: "photos/", MaxKeys: 2 });
  expect(first.Contents?.[0]?.Owner?.ID).toBe(root.canonicalId);
  const second = await s3.send(new ListObjectsCommand({ ...query, Marker: first.NextMarker }));
  expect(second.Contents?.map((one) => one.Key)).toEqual(["z+"]);
  const encoded = await s3.send(new ListObjectsCommand({ ...own, EncodingType: "url" }));
  expect(encoded.Contents?.[0]?.Key).toBe("a%20b%26%3C%C3%A9%3E");
  expect(encoded.Contents?.at(-1)?.Key).toBe("z%2B");
});

test("deletes of one and of many, with a checksum in the place of Content-MD5", async () => {
  const keys = ["del/1", "del/2", "del/<3>"];
  await Promise.all(keys.map((Key) => s3.send(new PutObjectCommand({ Bucket, Key, Body: "x" }))));
  await s3.send(new DeleteObjectCommand({ Bucket, Key: "del/1" }));
  await s3.send(new DeleteObjectCommand({ Bucket, Key: "del/1" }));
  const Objects = [...keys.map((Key) => ({ Key })), { Key: "k".repeat(1025) }];
  const result = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  expect(result.Deleted?.map((one) => one.Key)).toEqual(keys);
  expect(result.Errors).toMatchObject([{ Code: "KeyTooLongError" }]);
  const quiet = { Objects: [{ Key: "del/2" }], Quiet: true };
  const silent = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: quiet }));
  expect(silent.Deleted ?? []).toEqual([]);
  await expect(s3.send(new HeadObjectCommand({ Bucket, Key: "del/<3>" }))).rejects.toThrow();
});

test("copies keep or replace what is beside the bytes", async () => {
  const Body = randomBytes(100_000);
  const put = { Bucket, Key: "from/ü +x", Body, Metadata: { a: "1" }, ContentType: "text/x" };
  const { ETag } = await s3.send(new PutObjectCommand(put));
  const CopySource = `${Bucket}/${encodeURIComponent(put.Key)}`;
  const copied = await s3.send(new CopyObjectCommand({ Bucket, Key: "to", CopySource }));
  expect(copied.CopyObjectResult?.ETag).toBe(ETag);
  expect(await s3.send(new HeadObjectCommand({ Bucket, Key: "to" }))).toMatchObject({
    Metadata: { a: "1" },
    ContentType: "text/x",
  });
  const replaced = { MetadataDirective: "REPLACE", Metadata: { b: "2" } } as const;
  await s3.send(new CopyObjectCommand({ Bucket, Key: put.Key, CopySource, ...replaced }));
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key: put.Key }));
  expect(head.Metadata).toEqual({ b: "2" });
  expect((await read({ Key: "to" })).equals(Body)).toBe(true);
  const same = { Bucket, Key: put.Key, CopySource };
  await expect(s3.send(new CopyObjectCommand(same))).rejects.toMatchObject({
    name: "InvalidRequest",
  });
  const gone = { Bucket, Key: "to", CopySource: `${Bucket}/none` };
  await expect(s3.send(new CopyObjectCommand(gone))).rejects.toMatchObject({ name: "NoSuchKey" });
});

test("lib-storage uploads in parts; the object has a composite checksum", async () => {
  const Body = randomBytes(11 * MIB);
  const params = { Bucket, Key: "parts", Body, Metadata: { of: "upload" } };
  await new Upload({ client: s3, params, partSize: 5 * MIB, queueSize: 3 }).done();
  const head = { Bucket, Key: "parts", ChecksumMode: "ENABLED" } as const;
  const found = await s3.send(new HeadObjectCommand(head));
  expect(found.ETag).toMatch(/-3"$/);
  expect(found).toMatchObject({ ContentLength: Body.length, Metadata: { of: "upload" } });
  expect(found.ChecksumCRC32).toMatch(/-3$/);
  expect((await read({ Key: "parts" })).equals(Body)).toBe(true);
  const range = `bytes=${5 * MIB - 5}-${5 * MIB + 4}`;
  const middle = Body.subarray(5 * MIB - 5, 5 * MIB + 5);
  expect((await read({ Key: "parts", Range: range })).equals(middle)).toBe(true);
});

test("uploads are listed, their parts too, and what is wrong with them is said", async () => {
  const begun = { Bucket, Key: "by hand" };
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(begun));
  const upload = { ...begun, UploadId };
  const etags: (string | undefined)[] = [];
  for (const PartNumber of [1, 2]) {
    const part = { ...upload, PartNumber, Body: `part ${PartNumber}` };
    etags.push((await s3.send(new UploadPartCommand(part))).ETag);
  }
  const { Uploads } = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
  expect(Uploads).toMatchObject([{ Key: "by hand", UploadId }]);
  const listed = await s3.send(new ListPartsCommand({ ...upload, MaxParts: 1 }));
  expect(listed).toMatchObject({ IsTruncated: true, NextPartNumberMarker: "1" });
  expect(listed.Parts).toMatchObject([{ PartNumber: 1, ETag: etags[0], Size: 6 }]);
  const complete = (...numbers: number[]): Promise<unknown> => {
    const Parts = numbers.map((PartNumber) => ({
      PartNumber,
      ETag: etags[PartNumber - 1] ?? '"x"',
    }));
    return s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }));
  };
  await expect(complete(1, 2)).rejects.toMatchObject({
    name: "EntityTooSmall",
    MinSizeAllowed: "5242880",
  });
  await expect(complete(2, 1)).rejects.toMatchObject({ name: "InvalidPartOrder" });
  await expect(complete(3)).rejects.toMatchObject({ name: "InvalidPart" });
  await expect(complete()).rejects.toMatchObject({ name: "MalformedXML" });
  await s3.send(new AbortMultipartUploadCommand(upload));
  await expect(complete(1)).rejects.toMatchObject({ name: "NoSuchUpload" });
  const late = { ...upload, PartNumber: 10_001, Body: "x" };
  await expect(s3.send(new UploadPartCommand(late))).rejects.toMatchObject({
    name: "InvalidArgument",
  });
});

test("presigned URLs put and get without headers of their own", async () => {
  const Key = "presigned";
  const signer = client({ requestChecksumCalculation: "WHEN_REQUIRED" });
  const put = await getSignedUrl(signer, new PutObjectCommand({ Bucket, Key }));
  expect((await fetch(put, { method: "PUT", body: "by url" })).status).toBe(200);
  const type = { ResponseContentType: "text/plain" };
  const get = await getSignedUrl(signer, new GetObjectCommand({ Bucket, Key, ...type }));
  const answer = await fetch(get);
  expect(answer.headers.get("content-type")).toBe("text/plain");
  expect(await answer.text()).toBe("by url");
  const tampered = await fetch(get.replace("presigned", "parts"));
  expect(tampered.status).toBe(403);
  expect(await tampered.text()).toContain("<Code>SignatureDoesNotMatch</Code>");
  signer.destroy();
});

test("a bucket in the host name is the same bucket", async () => {
  const vhost = client({
    forcePathStyle: false,
    endpoint: endpoint.replace("127.0.0.1", "localhost"),
  });
  await s3.send(new PutObjectCommand({ Bucket, Key: "by-host", Body: "v" }));
  const url = new URL(await getSignedUrl(vhost, new GetObjectCommand({ Bucket, Key: "by-host" })));
  vhost.destroy();
  expect(url.hostname).toBe("acceptance.localhost");
  // Names below localhost resolve in browsers, not in every system's resolver.
  const { port, pathname, search, host } = url;
  const headers = { host };
  const sent = request({ host: "127.0.0.1", port, path: pathname + search, headers }).end();
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  expect(String(Buffer.concat(await answer.toArray()))).toBe("v");
});

test("memory stays flat while bodies pass through in both directions", async () => {
  const size = 96 * MIB;
  const chunk = randomBytes(MIB);
  const before = process.memoryUsage().arrayBuffers;
  let peak = 0;
  function* chunks(): Generator<Uint8Array> {
    for (let at = 0; at < size; at += MIB) {
      peak = Math.max(peak, process.memoryUsage().arrayBuffers);
      yield chunk;
    }
  }
  const Body = Readable.from(chunks());
  await s3.send(new PutObjectCommand({ Bucket, Key: "large", Body, ContentLength: size }));
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: "large" }));
  let bytes = 0;
  for await (const piece of got.Body as AsyncIterable<Uint8Array>) {
    bytes += piece.length;
    peak = Math.max(peak, process.memoryUsage().arrayBuffers);
  }
  expect(bytes).toBe(size);
  expect(peak - before).toBeLessThan(size);
});
