import { createHmac, randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import {
  CreateBucketCommand,
  DeleteBucketCorsCommand,
  DeletePublicAccessBlockCommand,
  GetBucketCorsCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  PutBucketCorsCommand,
  PutBucketPolicyCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import type { PresignedPostOptions } from "@aws-sdk/s3-presigned-post";
import { makeTemporaryDirectory, openStore } from "@firn/core";
import type { Store } from "@firn/core";
import { ObjectStore } from "@firn/objects";
import { gatewaySetup, testRoot } from "@firn/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Gateway } from "../frame/gateway.ts";
import { createS3Service } from "./service.ts";

const credentials = { accessKeyId: "AKPOST", secretAccessKey: "post/secret" };
const root = testRoot(credentials.accessKeyId);
const Bucket = "forms";

let directory: string;
let store: Store;
let gateway: Gateway;
let s3: S3Client;
let url: string;

beforeAll(async () => {
  directory = await makeTemporaryDirectory();
  store = await openStore({ directory, ephemeral: true });
  gateway = new Gateway({
    services: [createS3Service({ objects: await ObjectStore.open({ store }) })],
    ...gatewaySetup(store, [{ ...credentials, caller: root }]),
  });
  const { port } = await gateway.listen({ host: "127.0.0.1", port: 0 });
  const endpoint = `http://127.0.0.1:${port}`;
  url = `${endpoint}/${Bucket}`;
  s3 = new S3Client({ endpoint, region: "us-east-1", credentials, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket }));
});
afterAll(async () => {
  s3.destroy();
  await gateway.close();
  await store.close();
  await rm(directory, { recursive: true });
});

type Fields = Readonly<Record<string, string>>;
interface PostedFile {
  readonly bytes: Uint8Array | string;
  readonly name?: string;
}

/** What a browser does with a form. */
const browser = {
  async postObject(fields: Fields, file: PostedFile | undefined): Promise<Response> {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    if (file !== undefined) {
      form.append("file", new Blob([file.bytes as never]), file.name ?? "file.bin");
    }
    return await fetch(url, { method: "POST", body: form, redirect: "manual" });
  },
};

async function signed(options: Partial<PresignedPostOptions> = {}): Promise<Fields> {
  const { fields } = await createPresignedPost(s3, { Bucket, Key: "key", ...options });
  return fields;
}

async function read(Key: string): Promise<Buffer> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

async function codeOf(answer: Response): Promise<[number, string | undefined]> {
  const text = await answer.text();
  return [answer.status, /<Code>(.*?)<\/Code>/.exec(text)?.[1]];
}

describe("a form whose policy the SDK has signed", () => {
  test("uploads its file, with what the form says of it", async () => {
    const bytes = randomBytes(300_000);
    const fields = await signed({
      Key: "uploads/${filename}",
      Fields: {
        "Content-Type": "image/png",
        "Cache-Control": "no-store",
        "x-amz-meta-album": "2026",
        tagging: "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>",
      },
    });
    const answer = await browser.postObject(fields, { bytes, name: "C:\\pictures\\a b.png" });
    expect(answer.status).toBe(204);
    const Key = "uploads/a b.png";
    expect(answer.headers.get("location")).toBe(`${url}/uploads/a%20b.png`);
    expect((await read(Key)).equals(bytes)).toBe(true);
    const found = await s3.send(new GetObjectCommand({ Bucket, Key }));
    expect([found.ContentType, found.CacheControl]).toEqual(["image/png", "no-store"]);
    expect(found.Metadata).toEqual({ album: "2026" });
    const { TagSet } = await s3.send(new GetObjectTaggingCommand({ Bucket, Key }));
    expect(TagSet).toEqual([{ Key: "a", Value: "b" }]);
  });

  test("is answered as it asks", async () => {
    const asked = async (Fields: Fields): Promise<Response> => {
      return await browser.postObject(await signed({ Fields }), { bytes: "x" });
    };
    expect((await asked({ success_action_status: "200" })).status).toBe(200);
    expect((await asked({ success_action_status: "404" })).status).toBe(204);
    const created = await asked({ success_action_status: "201" });
    expect(created.status).toBe(201);
    expect(await created.text()).toContain("<Bucket>forms</Bucket><Key>key</Key>");
    expect((await asked({ success_action_redirect: "http://a/\r\n b" })).status).toBe(204);
    expect((await asked({ success_action_redirect: "javascript:1" })).status).toBe(204);
    const target = "https://app.example.com/done?a=1";
    const redirected = await asked({ success_action_redirect: target });
    expect(redirected.status).toBe(303);
    const etag = "%229dd4e461268c8034f5c8564e155c67a6%22";
    expect(redirected.headers.get("location")).toBe(`${target}&bucket=forms&key=key&etag=${etag}`);
  });

  test("is held to the length that the policy allows", async () => {
    const Conditions: PresignedPostOptions["Conditions"] = [["content-length-range", 2, 4]];
    const fields = await signed({ Conditions, Key: "sized" });
    const post = async (bytes: string): Promise<unknown> =>
      codeOf(await browser.postObject(fields, { bytes }));
    expect(await post("1")).toEqual([400, "EntityTooSmall"]);
    expect(await post("12345")).toEqual([400, "EntityTooLarge"]);
    await expect(read("sized")).rejects.toMatchObject({ name: "NoSuchKey" });
    expect(await post("123")).toEqual([204, undefined]);
  });

  test("is held to every condition, and covers every field", async () => {
    const fields = await signed({ Conditions: [["starts-with", "$Content-Type", "image/"]] });
    const post = async (more: Fields): Promise<unknown> =>
      codeOf(await browser.postObject({ ...fields, ...more }, { bytes: "x" }));
    expect(await post({})).toEqual([403, "AccessDenied"]);
    expect(await post({ "Content-Type": "text/html" })).toEqual([403, "AccessDenied"]);
    expect(await post({ "Content-Type": "image/png", acl: "private" })).toEqual([
      403,
      "AccessDenied",
    ]);
    expect(await post({ "Content-Type": "image/png", key: "another" })).toEqual([
      403,
      "AccessDenied",
    ]);
    expect(await post({ "Content-Type": "image/png", "x-ignore-me": "1" })).toEqual([
      204,
      undefined,
    ]);
  });

  test.each<[name: string, change: Fields, status: number, code: string]>([
    ["another signature", { "X-Amz-Signature": "0".repeat(64) }, 403, "SignatureDoesNotMatch"],
    [
      "a credential of another day",
      { "X-Amz-Credential": "AKPOST/20200101/us-east-1/s3/aws4_request" },
      400,
      "InvalidArgument",
    ],
    ["another algorithm", { "X-Amz-Algorithm": "HMAC" }, 400, "InvalidArgument"],
    ["another policy", { Policy: "e30=" }, 403, "SignatureDoesNotMatch"],
    ["a checksum that is not the file's", { "x-amz-checksum-crc32": "AAAAAA==" }, 400, "BadDigest"],
  ])("is refused with %s", async (_name, change, status, code) => {
    const fields = { ...(await signed()), ...change };
    expect(await codeOf(await browser.postObject(fields, { bytes: "x" }))).toEqual([status, code]);
  });

  test("is refused when its time is over", async () => {
    const fields = await signed({ Expires: -1 });
    const answer = await browser.postObject(fields, { bytes: "x" });
    expect(await answer.text()).toContain("Invalid according to Policy: Policy expired.");
    expect(answer.status).toBe(403);
  });
});

describe("a form of Signature Version 2", () => {
  test.each<[name: string, policy: unknown, status: number, code: string | undefined]>([
    [
      "a policy",
      { expiration: "2999-01-01T00:00:00Z", conditions: [{ key: "v2" }] },
      204,
      undefined,
    ],
    ["no expiration", { conditions: [] }, 400, "InvalidPolicyDocument"],
    ["no conditions", { expiration: "2999-01-01T00:00:00Z" }, 400, "InvalidPolicyDocument"],
    ["no list", [], 400, "InvalidPolicyDocument"],
    [
      "an operator of nobody",
      { expiration: "2999-01-01T00:00:00Z", conditions: [["ends-with", "$key", "2"]] },
      400,
      "InvalidPolicyDocument",
    ],
  ])("with %s", async (_name, policy, status, code) => {
    const encoded = Buffer.from(JSON.stringify(policy)).toString("base64");
    const { accessKeyId, secretAccessKey } = credentials;
    const signature = createHmac("sha1", secretAccessKey).update(encoded).digest("base64");
    const fields = { key: "v2", AWSAccessKeyId: accessKeyId, policy: encoded, signature };
    expect(await codeOf(await browser.postObject(fields, { bytes: "x" }))).toEqual([status, code]);
  });
});

test("a form signed with a key of nobody is refused", async () => {
  const fields = { key: "v2", AWSAccessKeyId: "AKNONE", policy: "e30=", signature: "x" };
  const answer = await browser.postObject(fields, { bytes: "x" });
  expect(await codeOf(answer)).toEqual([403, "InvalidAccessKeyId"]);
});

describe("a form that nobody signed", () => {
  test("uploads only where everybody may write", async () => {
    const post = (): Promise<Response> => browser.postObject({ key: "free/a" }, { bytes: "free" });
    expect(await codeOf(await post())).toEqual([403, "AccessDenied"]);
    await s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
    const Statement = {
      Effect: "Allow",
      Principal: "*",
      Action: "s3:PutObject",
      Resource: "arn:aws:s3:::forms/free/*",
    };
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement });
    await s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
    expect(await codeOf(await post())).toEqual([204, undefined]);
    expect((await read("free/a")).toString()).toBe("free");
    const elsewhere = await browser.postObject({ key: "a" }, { bytes: "x" });
    expect(await codeOf(elsewhere)).toEqual([403, "AccessDenied"]);
  });

  test("is refused without a file, a key, or a form at all", async () => {
    const withoutFile = await browser.postObject({ key: "free/a" }, undefined);
    expect(await codeOf(withoutFile)).toEqual([400, "InvalidArgument"]);
    const withoutKey = await browser.postObject({ other: "a" }, { bytes: "x" });
    expect(await codeOf(withoutKey)).toEqual([400, "InvalidArgument"]);
    const large = await browser.postObject({ key: "k", other: "x".repeat(21_000) }, { bytes: "x" });
    expect(await codeOf(large)).toEqual([400, "MaxPostPreDataLengthExceededError"]);
    const plain = await fetch(url, { method: "POST", body: "x" });
    expect(await codeOf(plain)).toEqual([412, "PreconditionFailed"]);
  });
});

describe("pages of other origins", () => {
  const CORSRules = [
    {
      ID: "app",
      AllowedMethods: ["GET", "PUT"],
      AllowedOrigins: ["https://*.example.com"],
      AllowedHeaders: ["x-amz-*", "content-type"],
      ExposeHeaders: ["ETag"],
      MaxAgeSeconds: 600,
    },
    { AllowedMethods: ["GET"], AllowedOrigins: ["*"] },
  ];

  async function asked(method: string, headers: Record<string, string>): Promise<Response> {
    return await fetch(`${url}/k`, { method, headers });
  }

  test("are let in by rules that are read, written and removed", async () => {
    await expect(s3.send(new GetBucketCorsCommand({ Bucket }))).rejects.toMatchObject({
      name: "NoSuchCORSConfiguration",
    });
    await s3.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules } }));
    expect((await s3.send(new GetBucketCorsCommand({ Bucket }))).CORSRules).toEqual(CORSRules);
    await s3.send(new DeleteBucketCorsCommand({ Bucket }));
    await expect(s3.send(new GetBucketCorsCommand({ Bucket }))).rejects.toMatchObject({
      name: "NoSuchCORSConfiguration",
    });
    const wrong = { CORSRules: [{ AllowedMethods: ["PATCH"], AllowedOrigins: ["*"] }] };
    const put = s3.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: wrong }));
    await expect(put).rejects.toMatchObject({ name: "InvalidRequest" });
  });

  test("ask first, and are told what they may do", async () => {
    await s3.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules } }));
    const origin = "https://app.example.com";
    const first = { origin, "access-control-request-method": "PUT" };
    const preflight = await asked("OPTIONS", {
      ...first,
      "access-control-request-headers": "Content-Type, x-amz-acl",
    });
    expect(preflight.status).toBe(200);
    expect(Object.fromEntries(preflight.headers)).toMatchObject({
      "access-control-allow-origin": origin,
      "access-control-allow-methods": "GET, PUT",
      "access-control-allow-headers": "Content-Type, x-amz-acl",
      "access-control-allow-credentials": "true",
      "access-control-expose-headers": "ETag",
      "access-control-max-age": "600",
    });
    const headers = { ...first, "access-control-request-headers": "authorization" };
    expect((await asked("OPTIONS", headers)).status).toBe(403);
    expect((await asked("OPTIONS", { ...first, origin: "https://evil.example" })).status).toBe(403);
    expect((await asked("OPTIONS", { origin })).status).toBe(400);
    expect((await asked("OPTIONS", {})).status).toBe(400);
    // Refused ones may be read too: the page learns why.
    const refused = await asked("GET", { origin: "https://anybody.example" });
    expect(refused.status).toBe(403);
    expect(refused.headers.get("access-control-allow-origin")).toBe("*");
  });
});
