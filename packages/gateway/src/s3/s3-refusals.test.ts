import { createHash } from "node:crypto";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { request } from "node:http";
import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import { makeTemporaryDirectory, openStore } from "@firn/core";
import type { Store } from "@firn/core";
import { ObjectStore } from "@firn/objects";
import { gatewaySetup, testRoot } from "@firn/testing";
import type { TestCaller } from "@firn/testing";
import aws4 from "aws4";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Gateway } from "../frame/gateway.ts";
import { createS3Service } from "./service.ts";

/** What no SDK would send: each gets S3's own error, and the server goes on. */

const keys = {
  one: { accessKeyId: "AKIDONE", secretAccessKey: "one/secret" },
  two: { accessKeyId: "AKIDTWO", secretAccessKey: "two/secret" },
};
type Who = keyof typeof keys;

function caller(who: Who, accountId: string): TestCaller {
  const canonicalId = accountId.padStart(64, "0");
  return testRoot(keys[who].accessKeyId, { accountId, canonicalId, displayName: who });
}
const callers = { one: caller("one", "111111111111"), two: caller("two", "222222222222") };

let directory: string;
let store: Store;
let gateway: Gateway;
let port: number;

beforeAll(async () => {
  directory = await makeTemporaryDirectory();
  store = await openStore({ directory, ephemeral: true });
  const objects = await ObjectStore.open({ store });
  gateway = new Gateway({
    services: [createS3Service({ objects })],
    ...gatewaySetup(store, [
      { ...keys.one, caller: callers.one },
      { ...keys.two, caller: callers.two },
    ]),
  });
  ({ port } = await gateway.listen({ host: "127.0.0.1", port: 0 }));
  expect((await call({ method: "PUT", path: "/mine" })).status).toBe(200);
  expect((await call({ method: "PUT", path: "/mine/there", body: "0123456789" })).status).toBe(200);
});
afterAll(async () => {
  await gateway.close();
  await store.close();
  await rm(directory, { recursive: true });
});

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly who?: Who | undefined;
  readonly region?: string | undefined;
}

function signed({ method, path, body, headers, ...by }: Asked): aws4.Request {
  const { who = "one", region = "us-east-1" } = by;
  const asked = { host: "127.0.0.1", port, method, path, service: "s3", region };
  const more = { headers: { ...headers }, ...(body === undefined ? {} : { body }) };
  return aws4.sign({ ...asked, ...more }, keys[who]);
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
}

async function call(asked: Asked): Promise<Answer> {
  const { host, method, path, headers } = signed(asked);
  const sent = request({ host, port, method, path, headers: headers as never });
  sent.end(asked.body);
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  const text = String(Buffer.concat(await response.toArray()));
  return { status: response.statusCode ?? 0, headers: response.headers, text };
}

async function expectAlive(): Promise<void> {
  const answer = await call({ method: "GET", path: "/mine/there" });
  expect(answer).toMatchObject({ status: 200, text: "0123456789" });
}

const long = "k".repeat(1025);
const xml = (parts: string): string =>
  `<CompleteMultipartUpload>${parts}</CompleteMultipartUpload>`;
const constraint = "<LocationConstraint>moon</LocationConstraint>";
const versioning = (status: string): string =>
  `<VersioningConfiguration><Status>${status}</Status></VersioningConfiguration>`;
const tagged = (tags: string): Record<string, string> => ({ "x-amz-tagging": tags });
const mfaDelete =
  "<VersioningConfiguration><Status>Enabled</Status><MfaDelete>Enabled</MfaDelete>" +
  "</VersioningConfiguration>";
const moon = `<CreateBucketConfiguration>${constraint}</CreateBucketConfiguration>`;
const md5 = { "content-md5": "AAAAAAAAAAAAAAAAAAAAAA==" };
const many = `<Delete>${"<Object><Key>k</Key></Object>".repeat(1001)}</Delete>`;

test.each<[code: string, status: number, asked: Asked]>([
  ["NoSuchBucket", 404, { method: "GET", path: "/nowhere/k" }],
  ["NoSuchBucket", 404, { method: "PUT", path: "/nowhere/k", body: "x" }],
  ["NoSuchBucket", 404, { method: "GET", path: "/nowhere?list-type=2" }],
  ["NoSuchKey", 404, { method: "GET", path: "/mine/nothing" }],
  ["InvalidBucketName", 400, { method: "PUT", path: "/No_Bucket" }],
  ["BucketAlreadyOwnedByYou", 409, { method: "PUT", path: "/mine", region: "eu-west-1" }],
  ["BucketAlreadyExists", 409, { method: "PUT", path: "/mine", who: "two" }],
  ["BucketNotEmpty", 409, { method: "DELETE", path: "/mine" }],
  ["AccessDenied", 403, { method: "GET", path: "/mine/there", who: "two" }],
  ["AccessDenied", 403, { method: "PUT", path: "/mine/there", who: "two", body: "x" }],
  ["AccessDenied", 403, { method: "DELETE", path: "/mine", who: "two" }],
  [
    "AccessDenied",
    403,
    {
      method: "GET",
      path: "/mine/there",
      headers: { "x-amz-expected-bucket-owner": "222222222222" },
    },
  ],
  ["KeyTooLongError", 400, { method: "PUT", path: `/mine/${long}`, body: "x" }],
  ["KeyTooLongError", 400, { method: "GET", path: `/mine/${long}` }],
  ["InvalidRange", 416, { method: "GET", path: "/mine/there", headers: { range: "bytes=5-2" } }],
  ["InvalidRange", 416, { method: "GET", path: "/mine/there", headers: { range: "bytes=-5--1" } }],
  ["InvalidRange", 416, { method: "GET", path: "/mine/there", headers: { range: "bytes=99-" } }],
  [
    "MetadataTooLarge",
    400,
    { method: "PUT", path: "/mine/k", headers: { "x-amz-meta-a": long + long } },
  ],
  [
    "InvalidStorageClass",
    400,
    { method: "PUT", path: "/mine/k", headers: { "x-amz-storage-class": "WARM" } },
  ],
  [
    "NotImplemented",
    501,
    { method: "PUT", path: "/mine/k", headers: { "x-amz-server-side-encryption": "aws:kms:dsse" } },
  ],
  [
    "NotImplemented",
    501,
    { method: "PUT", path: "/mine/k", headers: { "x-amz-server-side-encryption": "AES256" } },
  ],
  [
    "AccessControlListNotSupported",
    400,
    { method: "PUT", path: "/mine/k", headers: { "x-amz-acl": "public-read" } },
  ],
  ["InvalidRequest", 400, { method: "PUT", path: "/mine/k?tagging", body: "<Tagging/>" }],
  ["NoSuchTagSet", 404, { method: "GET", path: "/mine?tagging" }],
  ["NoSuchKey", 404, { method: "GET", path: "/mine/nothing?tagging" }],
  ["InvalidArgument", 400, { method: "PUT", path: "/mine/k", headers: tagged("a=1&a=2") }],
  ["InvalidArgument", 400, { method: "PUT", path: "/mine/k", headers: tagged("a=%E0") }],
  ["InvalidTag", 400, { method: "PUT", path: "/mine/k", headers: tagged("a=%3C") }],
  ["InvalidTag", 400, { method: "PUT", path: "/mine/k", headers: tagged("aws:a=1") }],
  ["InvalidTag", 400, { method: "PUT", path: "/mine/k", headers: tagged("=1") }],
  ["NotImplemented", 501, { method: "PUT", path: "/mine?versioning", body: mfaDelete }],
  ["MalformedXML", 400, { method: "PUT", path: "/mine?versioning", body: "<x/>" }],
  ["MalformedXML", 400, { method: "PUT", path: "/mine?versioning", body: versioning("Off") }],
  ["InvalidArgument", 400, { method: "GET", path: "/mine/there?versionId=abc" }],
  ["InvalidArgument", 400, { method: "DELETE", path: "/mine/there?versionId=abc" }],
  ["InvalidArgument", 400, { method: "GET", path: "/mine?versions&version-id-marker=null" }],
  ["NoSuchVersion", 404, { method: "GET", path: `/mine/there?versionId=${"0".repeat(32)}` }],
  ["InvalidPart", 400, { method: "GET", path: "/mine/there?partNumber=2" }],
  ["InvalidArgument", 400, { method: "GET", path: "/mine/there?partNumber=0" }],
  [
    "InvalidRequest",
    400,
    { method: "GET", path: "/mine/there?partNumber=1", headers: { range: "bytes=0-1" } },
  ],
  [
    "InvalidArgument",
    400,
    {
      method: "GET",
      path: "/mine/there?attributes",
      headers: { "x-amz-object-attributes": "ETag,Colour" },
    },
  ],
  [
    "NotImplemented",
    501,
    { method: "POST", path: "/mine/there?select&select-type=2", body: "<x/>" },
  ],
  ["MethodNotAllowed", 405, { method: "POST", path: "/mine/there", body: "x" }],
  ["InvalidArgument", 400, { method: "GET", path: "/mine?max-keys=-1" }],
  ["InvalidArgument", 400, { method: "GET", path: "/mine?max-keys=many" }],
  ["InvalidArgument", 400, { method: "GET", path: "/mine?list-type=2&continuation-token=%21" }],
  ["InvalidArgument", 400, { method: "GET", path: "/mine?encoding-type=base64" }],
  [
    "InvalidArgument",
    400,
    { method: "PUT", path: "/mine/k", headers: { "x-amz-copy-source": "nowhere" } },
  ],
  ["NoSuchUpload", 404, { method: "PUT", path: "/mine/k?partNumber=1&uploadId=none", body: "x" }],
  ["NoSuchUpload", 404, { method: "DELETE", path: "/mine/k?uploadId=none" }],
  ["NoSuchUpload", 404, { method: "GET", path: "/mine/k?uploadId=none" }],
  ["InvalidRequest", 400, { method: "POST", path: "/mine?delete", body: "<Delete/>" }],
  ["BadDigest", 400, { method: "POST", path: "/mine?delete", body: "<Delete/>", headers: md5 }],
  [
    "InvalidLocationConstraint",
    400,
    {
      method: "PUT",
      path: "/elsewhere",
      body: moon,
    },
  ],
  ["MalformedXML", 400, { method: "PUT", path: "/elsewhere", body: "<CreateBucketConfiguration>" }],
  ["MalformedXML", 400, { method: "POST", path: "/mine/k?uploadId=x", body: "<no" }],
  ["MalformedXML", 400, { method: "POST", path: "/mine/k?uploadId=x", body: "" }],
  ["MalformedXML", 400, { method: "POST", path: "/mine/k?uploadId=x", body: "<Other/>" }],
  ["MalformedXML", 400, { method: "POST", path: "/mine/k?uploadId=x", body: xml("<Part/>") }],
  [
    "MalformedXML",
    400,
    {
      method: "POST",
      path: "/mine/k?uploadId=x",
      body: `<!DOCTYPE a [<!ENTITY b "c">]>${xml("")}`,
    },
  ],
])("%s (%i) to %j", async (code, status, asked) => {
  const answer = await call(asked);
  expect(answer.text).toContain(`<Code>${code}</Code>`);
  expect(answer.status).toBe(status);
  expect(answer.text).toMatch(/<RequestId>[^<]+<\/RequestId><HostId>[^<]+<\/HostId><\/Error>$/);
  expect(answer.headers["x-amz-request-id"]).toMatch(/./);
});

test("more than 1000 keys, no key and sizes that are none are refused by DeleteObjects", async () => {
  const remove = async (body: string): Promise<string> => {
    const digest = createHash("md5").update(body).digest("base64");
    const headers = { "content-md5": digest };
    const { text } = await call({ method: "POST", path: "/mine?delete", body, headers });
    return /<Code>(\w+)<\/Code>/.exec(text)?.[1] ?? text;
  };
  expect(await remove(many)).toBe("MalformedXML");
  expect(await remove("<Delete></Delete>")).toBe("MalformedXML");
  expect(await remove("<Delete><Object/></Delete>")).toBe("MalformedXML");
  expect(await remove("not xml")).toBe("MalformedXML");
  const versioned = "<Object><Key>k</Key><VersionId>v</VersionId></Object>";
  expect(await remove(`<Delete>${versioned}</Delete>`)).toBe("InvalidArgument");
  const sized = "<Object><Key>k</Key><Size>1b</Size></Object>";
  expect(await remove(`<Delete>${sized}</Delete>`)).toBe("MalformedXML");
});

test("answers to HEAD have a status and no body", async () => {
  for (const [path, status] of [
    ["/mine/nothing", 404],
    ["/nowhere", 404],
    ["/mine/there?versionId=x", 400],
  ] as const) {
    const answer = await call({ method: "HEAD", path });
    expect(answer).toMatchObject({ status, text: "" });
  }
  const found = await call({ method: "HEAD", path: "/mine/there" });
  expect(found.headers["content-length"]).toBe("10");
});

test("an upload must say how long it is", async () => {
  const raw = async (headers: string): Promise<string> => {
    const asked = signed({
      method: "PUT",
      path: "/mine/k",
      headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" },
    });
    const lines = Object.entries(asked.headers ?? {})
      .filter(([name]) => name.toLowerCase() !== "content-length")
      .map(([name, value]) => `${name}: ${String(value)}`);
    const socket = connect(port, "127.0.0.1");
    socket.write(`PUT /mine/k HTTP/1.1\r\n${lines.join("\r\n")}\r\n${headers}\r\n`);
    const [data] = (await once(socket, "data")) as [Buffer];
    socket.destroy();
    return String(data);
  };
  expect(await raw("")).toContain("<Code>MissingContentLength</Code>");
  const chunked = await raw("transfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n");
  expect(chunked).toContain("HTTP/1.1 200");
  const negative = await raw("content-length: -5\r\n");
  expect(negative).toContain("400 Bad Request");
  await expectAlive();
});

test("a client that vanishes in the middle of an upload leaves nothing", async () => {
  for (const sent of ["", "half", "x".repeat(100_000)]) {
    const headers = { "content-length": "200000", "x-amz-content-sha256": "UNSIGNED-PAYLOAD" };
    const asked = signed({ method: "PUT", path: "/mine/vanished", headers });
    const lines = Object.entries(asked.headers ?? {}).map(
      ([name, value]) => `${name}: ${String(value)}`,
    );
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => undefined);
    await new Promise<void>((resolve) => {
      socket.write(`PUT /mine/vanished HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n${sent}`, () =>
        resolve(),
      );
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    socket.resetAndDestroy();
  }
  await expectAlive();
  expect((await call({ method: "HEAD", path: "/mine/vanished" })).status).toBe(404);
});

test("a body that was cut, or is not what was signed, is refused", async () => {
  const asked = signed({ method: "PUT", path: "/mine/cut", body: "signed text" });
  const { host, method, path, headers } = asked;
  const sent = request({ host, port, method, path, headers: headers as never });
  sent.end("other texts");
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  const text = String(Buffer.concat(await response.toArray()));
  expect(text).toContain("<Code>XAmzContentSHA256Mismatch</Code>");
  const chunked = await call({
    method: "PUT",
    path: "/mine/cut",
    body: "5\r\nhello\r\n0\r\n",
    headers: {
      "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
      "x-amz-decoded-content-length": "9",
      "x-amz-trailer": "x-amz-checksum-crc32",
    },
  });
  expect(chunked.text).toMatch(/<Code>(IncompleteBody|MalformedTrailerError)<\/Code>/);
  const wrong = await call({
    method: "PUT",
    path: "/mine/cut",
    body: "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n",
    headers: {
      "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
      "x-amz-decoded-content-length": "5",
      "x-amz-trailer": "x-amz-checksum-crc32",
    },
  });
  expect(wrong.text).toContain("<Code>BadDigest</Code>");
  expect((await call({ method: "HEAD", path: "/mine/cut" })).status).toBe(404);
  await expectAlive();
});

test("checksums that JavaScript's objects know by name are unknown to S3", async () => {
  for (const name of ["constructor", "__proto__"]) {
    const header = `x-amz-checksum-${name}`;
    const inHeader = { method: "PUT", path: "/mine/sum", body: "x", headers: { [header]: "AA==" } };
    expect((await call(inHeader)).text).toContain("<Code>InvalidRequest</Code>");
    const trailing = {
      "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
      "x-amz-decoded-content-length": "1",
      "x-amz-trailer": header,
    };
    const body = `1\r\nx\r\n0\r\n${header}:AA==\r\n\r\n`;
    const inTrailer = { method: "PUT", path: "/mine/sum", body, headers: trailing };
    expect((await call(inTrailer)).text).toContain("<Code>InvalidRequest</Code>");
  }
});
