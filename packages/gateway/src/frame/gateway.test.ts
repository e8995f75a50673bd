import { once } from "node:events";
import { request } from "node:http";
import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { DynamoDBClient, GetItemCommand, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  ListBucketsCommand,
  PutBucketAclCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { FirnError, ManualClock, RealClock, SeededRandom } from "@firn/core";
import {
  bytesOut,
  document,
  integer,
  list,
  operation,
  placed,
  stream,
  string,
  structure,
} from "@firn/wire";
import type { DefineOperation, Operation } from "@firn/wire";
import aws4 from "aws4";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Caller, RequestContext } from "./context.ts";
import { faultsOf } from "./faults.ts";
import { Gateway } from "./gateway.ts";
import { silentLog } from "./gateway-log.ts";
import type { AccessEntry } from "./gateway-log.ts";
import { refusalsOf } from "./refusals.ts";
import type { AnyService, Service } from "./service.ts";

const define: DefineOperation<RequestContext> = operation;
const credentials = { accessKeyId: "AKIDFRAME", secretAccessKey: "frame/secret" };
const root: Caller = {
  accountId: "000000000000",
  arn: "arn:aws:iam::000000000000:root",
  accessKeyId: credentials.accessKeyId,
  canonicalId: "0".repeat(64),
  displayName: "root",
  isRoot: true,
};

const aborted: string[] = [];

const putObject: Operation<RequestContext> = define({
  name: "PutObject",
  http: { method: "PUT", path: "/{Bucket}/{Key+}" },
  input: { Bucket: string({ in: "path" }), Key: string({ in: "path" }), Body: stream() },
  output: { ETag: string({ in: "header", name: "etag" }) },
  errors: [],
  async handler({ Bucket, Key, Body }, { signal }) {
    if (Key === "refused") throw new FirnError("conflict", "FIRN_TEST_REFUSED", "no");
    if (Key === "broken") throw new TypeError("a bug");
    signal.addEventListener("abort", () => aborted.push(Key ?? ""));
    let bytes = 0;
    for await (const chunk of Body) bytes += chunk.length;
    const checksum = Body.trailers.get("x-amz-checksum-crc32") ?? "none";
    return { ETag: `${Bucket}|${Key}|${bytes}|${Body.length}|${checksum}` };
  },
});

const failing = new Map([
  ["fails", 20],
  ["fails-at-once", 0],
]);
const getObject: Operation<RequestContext> = define({
  name: "GetObject",
  http: { method: "GET", path: "/{Bucket}/{Key+}" },
  input: { Key: string({ in: "path" }) },
  output: {
    Body: bytesOut(),
    ContentLength: integer({ in: "header", name: "content-length" }),
    Status: integer({ in: "status" }),
  },
  errors: [],
  handler({ Key = "" }) {
    // "long" is more than the buffers of any socket hold.
    const count = Key === "long" ? 4000 : 40;
    const Body = blocks(count, failing.get(Key) ?? -1);
    return { Status: 206, ContentLength: count * 100_000, Body };
  },
});

let openReaders = 0;

async function* blocks(count: number, failsAt: number): AsyncGenerator<Uint8Array> {
  openReaders++;
  try {
    for (let i = 0; i < count; i++) {
      if (i === failsAt) throw new FirnError("corruption", "FIRN_RECORD_CORRUPT", "bad bytes");
      yield new Uint8Array(100_000).fill(i);
    }
  } finally {
    openReaders--;
  }
}

const deleteObjects: Operation<RequestContext> = define({
  name: "DeleteObjects",
  http: { method: "POST", path: "/{Bucket}", query: ["delete"] },
  input: {
    Delete: structure(
      { Objects: list(structure({ Key: string() }), { flat: true, name: "Object" }) },
      { in: "payload" },
    ),
  },
  output: { Deleted: list(structure({ Key: string() }), { flat: true }) },
  outputRoot: "DeleteResult",
  errors: [],
  handler: ({ Delete }) => ({ Deleted: Delete?.Objects ?? [] }),
});

const listBuckets: Operation<RequestContext> = define({
  name: "ListBuckets",
  http: { method: "GET", path: "/" },
  input: {},
  output: { Owner: structure({ ID: string() }) },
  outputRoot: "ListAllMyBucketsResult",
  errors: [],
  handler: (_, { caller }) => ({ Owner: { ID: caller.canonicalId } }),
});

const tableName = string({ pattern: "[a-zA-Z0-9_.-]+", min: 3, max: 255 });
const getItem: Operation<RequestContext> = define({
  name: "GetItem",
  input: { TableName: placed(tableName, { required: true }), Key: document() },
  output: { Item: document() },
  errors: [],
  handler: ({ Key }) => ({ Item: Key }),
});

const describeVolumes: Operation<RequestContext> = define({
  name: "DescribeVolumes",
  input: {
    VolumeIds: list(string(), { name: "VolumeId" }),
    Filters: list(structure({ Name: string(), Values: list(string(), { name: "Value" }) }), {
      name: "Filter",
    }),
  },
  output: {
    Volumes: list(structure({ VolumeId: string({ name: "volumeId" }) }), {
      name: "volumeSet",
      item: "item",
    }),
  },
  errors: [],
  handler: ({ VolumeIds = [], Filters = [] }) => ({
    Volumes: [...VolumeIds, ...Filters.flatMap(({ Values = [] }) => Values)].map((VolumeId) => ({
      VolumeId,
    })),
  }),
});

function service(
  name: string,
  more: Pick<Service, "protocol" | "operations"> & Partial<Service>,
): AnyService {
  const { protocol } = more;
  return {
    name,
    errors: { FIRN_TEST_REFUSED: { code: "TestRefused", status: 409 } },
    faults: faultsOf(protocol),
    refusals: refusalsOf(protocol),
    context: (context: RequestContext) => context,
    ...more,
  };
}

const user = { accessKeyId: "AKIDUSER", secretAccessKey: "user/secret" };
const tenant = { accessKeyId: "AKIDTENANT", secretAccessKey: "tenant/secret" };
const keys = new Map([
  [tenant.accessKeyId, { ...tenant, caller: { ...root, accountId: "111111111111" } }],
  [credentials.accessKeyId, { ...credentials, caller: root }],
  [user.accessKeyId, { ...user, caller: { ...root, isRoot: false } }],
]);
const log: AccessEntry[] = [];
const faults: unknown[] = [];
const requestLog = { ...silentLog, error: (facts: object) => faults.push(facts) };
const storeClock = new ManualClock(0);
const gateway = new Gateway({
  services: [
    service("s3", {
      protocol: "rest-xml",
      operations: [putObject, getObject, deleteObjects, listBuckets],
      subresources: ["acl", "delete"],
      xmlNamespace: "http://s3.amazonaws.com/doc/2006-03-01/",
    }),
    service("dynamodb", {
      protocol: "json-1.0",
      operations: [getItem],
      targetPrefix: "DynamoDB_20120810",
    }),
    service("ec2", { protocol: "ec2-query", operations: [describeVolumes] }),
  ],
  auth: {
    mode: "on",
    root,
    credentials: (id) => keys.get(id),
  },
  clock: storeClock,
  advanceClock: async (byMs) => storeClock.advance(byMs),
  realClock: new RealClock(),
  random: new SeededRandom(1),
  health: () => ({ status: "ok" }),
  log: { ...silentLog, access: (entry) => log.push(entry), of: () => requestLog },
});

let port = 0;
let s3: S3Client;
let dynamo: DynamoDBClient;

beforeAll(async () => {
  ({ port } = await gateway.listen({ host: "127.0.0.1", port: 0 }));
  const endpoint = `http://127.0.0.1:${port}`;
  const shared = { endpoint, region: "us-east-1", credentials, maxAttempts: 1 };
  s3 = new S3Client({ ...shared, forcePathStyle: true });
  dynamo = new DynamoDBClient(shared);
});

afterAll(async () => {
  s3.destroy();
  dynamo.destroy();
  await gateway.close();
});

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
}

interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly service?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Buffer;
  readonly secret?: string;
  readonly keys?: typeof credentials;
}

function signed(asked: Asked): aws4.Request {
  const { service: name = "dynamodb", keys: by = credentials } = asked;
  return aws4.sign(
    {
      host: `127.0.0.1:${port}`,
      method: asked.method ?? "POST",
      path: asked.path ?? "/",
      service: name,
      region: "us-east-1",
      headers: { ...asked.headers },
      ...(asked.body === undefined ? {} : { body: asked.body as string }),
    },
    { ...by, secretAccessKey: asked.secret ?? by.secretAccessKey },
  );
}

async function send(options: aws4.Request, body?: string | Buffer): Promise<Answer> {
  const { headers, method, path } = options;
  const to = { host: "127.0.0.1", port, method, path, headers: headers as never, agent: false };
  const out = request(to);
  out.end(body);
  const [response] = (await once(out, "response")) as [IncomingMessage];
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk as string;
  return { status: response.statusCode ?? 0, headers: response.headers, text };
}

function call(asked: Asked): Promise<Answer> {
  return send(signed(asked), asked.body);
}

function target(operationName: string): OutgoingHttpHeaders {
  return {
    "x-amz-target": `DynamoDB_20120810.${operationName}`,
    "content-type": "application/x-amz-json-1.0",
  };
}

test("health needs no signature, everything else below /_firn/ is root's", async () => {
  const health = await send({ method: "GET", path: "/_firn/health", headers: {} });
  expect(health).toMatchObject({ status: 200, text: '{"status":"ok"}\n' });
  const unsigned = await send({ method: "GET", path: "/_firn/clock", headers: {} });
  expect(JSON.parse(unsigned.text).code).toContain("MissingAuthenticationToken");
  const body = '{"advance":"PT5H"}';
  const moved = await call({ path: "/_firn/clock", service: "firn", body });
  expect(JSON.parse(moved.text)).toMatchObject({ nowMs: 5 * 3600 * 1000 });
  for (const other of [user, tenant]) {
    const asked = signed({ path: "/_firn/clock", service: "firn", body, keys: other });
    expect((await send(asked, body)).status).toBe(403);
  }
  const wrong = await call({ path: "/_firn/clock", service: "firn", body: '{"advance":"5h"}' });
  expect(wrong.status).toBe(400);
});

test("a real DynamoDB client gets its answer, with a checksum and a request id", async () => {
  const Key = { pk: { S: "a" } };
  const { Item, $metadata } = await dynamo.send(new GetItemCommand({ TableName: "tab", Key }));
  expect(Item).toEqual(Key);
  expect($metadata.requestId).toMatch(/^[0-9A-F]{32}$/);
  const raw = await call({ headers: target("GetItem"), body: '{"TableName":"tab"}' });
  expect(raw.headers["x-amz-crc32"]).toBe("2745614147");
});

test("constraints are told together, in the service's words", async () => {
  const sent = dynamo.send(new GetItemCommand({ TableName: "a;", Key: {} }));
  await expect(sent).rejects.toMatchObject({
    name: "ValidationException",
    message:
      "2 validation errors detected: Value 'a;' at 'tableName' failed to satisfy constraint: " +
      "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; " +
      "Value 'a;' at 'tableName' failed to satisfy constraint: " +
      "Member must have length greater than or equal to 3",
  });
  const missing = await call({ headers: target("GetItem"), body: "{}" });
  expect(JSON.parse(missing.text)).toEqual({
    __type: "ValidationException",
    message:
      "1 validation error detected: Value null at 'tableName' failed to satisfy constraint: " +
      "Member must not be null",
  });
});

test("unknown operations, bad JSON and gzip are answered in the service's form", async () => {
  await expect(dynamo.send(new ListTablesCommand({}))).rejects.toMatchObject({
    name: "UnknownOperationException",
  });
  const bad = await call({ headers: target("GetItem"), body: '{"TableName":' });
  expect(JSON.parse(bad.text)).toMatchObject({ __type: "SerializationException" });
  const number = await call({ headers: target("GetItem"), body: '{"TableName":5}' });
  expect(JSON.parse(number.text)).toMatchObject({ __type: "SerializationException" });
  const body = gzipSync('{"TableName":"tab","Key":{"k":{"N":"1"}}}');
  const zipped = await call({
    headers: { ...target("GetItem"), "content-encoding": "gzip" },
    body,
  });
  expect(zipped.text).toBe('{"Item":{"k":{"N":"1"}}}');
  const bomb = gzipSync(Buffer.alloc(32 * 1024 * 1024));
  const big = await call({
    headers: { ...target("GetItem"), "content-encoding": "gzip" },
    body: bomb,
  });
  expect(big.status).toBe(413);
});

test("a wrong secret, an unknown key and no signature are refused", async () => {
  const asked = { headers: target("GetItem"), body: '{"TableName":"tab"}' };
  const wrong = await call({ ...asked, secret: "other" });
  expect(JSON.parse(wrong.text).__type).toContain("InvalidSignatureException");
  const none = await send({ method: "POST", path: "/", headers: target("GetItem") }, asked.body);
  expect(JSON.parse(none.text).__type).toContain("MissingAuthenticationToken");
  const s3Unsigned = await send({ method: "GET", path: "/bucket/key", headers: {} });
  expect(s3Unsigned.status).toBe(403);
  expect(s3Unsigned.text).toContain("<Code>AccessDenied</Code>");
});

test("a user may do nothing while there are no policies", async () => {
  const clients = { endpoint: `http://127.0.0.1:${port}`, region: "us-east-1", credentials: user };
  const client = new S3Client({ ...clients, forcePathStyle: true });
  const sent = client.send(new ListBucketsCommand({}));
  await expect(sent).rejects.toMatchObject({ name: "AccessDenied" });
  client.destroy();
});

test("a body that is not the signed one is refused", async () => {
  const asked = signed({ headers: target("GetItem"), body: '{"TableName":"tab"}' });
  const other = await send(asked, '{"TableName":"tub"}');
  expect(other.status).toBe(400);
});

test("a real S3 client streams up with a trailing checksum, and down", async () => {
  const Body = Buffer.alloc(300_000, 7);
  const put = await s3.send(new PutObjectCommand({ Bucket: "b", Key: "a/ b+ü", Body }));
  expect(put.ETag).toMatch(/^b\|a\/ b\+ü\|300000\|300000\|/);
  const got = await s3.send(new GetObjectCommand({ Bucket: "b", Key: "k" }));
  expect(got.$metadata.httpStatusCode).toBe(206);
  expect((await got.Body?.transformToByteArray())?.length).toBe(4_000_000);
});

test("XML goes both ways, and a document type is refused", async () => {
  const Delete = { Objects: [{ Key: "a&<b" }, { Key: "c" }] };
  const deleted = await s3.send(new DeleteObjectsCommand({ Bucket: "b", Delete }));
  expect(deleted.Deleted).toEqual([{ Key: "a&<b" }, { Key: "c" }]);
  const { Owner } = await s3.send(new ListBucketsCommand({}));
  expect(Owner?.ID).toBe(root.canonicalId);
  const body = '<!DOCTYPE d [<!ENTITY e "x">]><Delete><Object><Key>&e;</Key></Object></Delete>';
  const asked = { method: "POST", path: "/b?delete", service: "s3", body };
  expect((await call(asked)).text).toContain("<Code>MalformedXML</Code>");
});

test("a subresource that no operation claims never falls through to the plain operation", async () => {
  const acl = new PutBucketAclCommand({ Bucket: "b", ACL: "private" });
  await expect(s3.send(acl)).rejects.toMatchObject({ name: "NotImplemented" });
  const get = await call({ method: "GET", path: "/b/k?acl", service: "s3" });
  expect(get).toMatchObject({ status: 501 });
  const method = await call({ method: "PATCH", path: "/b/k", service: "s3" });
  expect(method.text).toContain("<Code>MethodNotAllowed</Code>");
});

test("FirnErrors become the service's own, bugs an internal error, and the server goes on", async () => {
  const refused = s3.send(new PutObjectCommand({ Bucket: "b", Key: "refused", Body: "x" }));
  await expect(refused).rejects.toMatchObject({ name: "TestRefused" });
  const broken = await call({ method: "PUT", path: "/b/broken", service: "s3", body: "x" });
  expect(broken.status).toBe(500);
  expect(broken.text).not.toContain("bug");
});

test("EC2's query form and its XML", async () => {
  const body =
    "Action=DescribeVolumes&Version=2016-11-15&VolumeId.1=vol-1&VolumeId.2=vol-2" +
    "&Filter.1.Name=status&Filter.1.Value.1=a%26b";
  const headers = { "content-type": "application/x-www-form-urlencoded; charset=utf-8" };
  const answer = await call({ service: "ec2", headers, body });
  expect(answer.text.replace(/<requestId>[^<]*<\/requestId>/, "")).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n<DescribeVolumesResponse><volumeSet>' +
      "<item><volumeId>vol-1</volumeId></item><item><volumeId>vol-2</volumeId></item>" +
      "<item><volumeId>a&amp;b</volumeId></item></volumeSet></DescribeVolumesResponse>",
  );
  const unknown = await call({ service: "ec2", headers, body: "Action=Fly&Version=1" });
  expect(unknown.text).toContain("<Code>InvalidAction</Code><Message>The action Fly is not valid");
  const none = await call({ service: "ec2", headers, body: "Version=1" });
  expect(none.text).toContain("<Code>MissingAction</Code>");
});

test("a virtual-host bucket stands in front of the path", async () => {
  const asked = aws4.sign(
    {
      host: "photos.localhost",
      method: "PUT",
      path: "/k",
      service: "s3",
      body: "xyz",
      headers: {},
    },
    credentials,
  );
  const answer = await send(asked, "xyz");
  expect(answer.headers["etag"]).toBe("photos|k|3|3|none");
});

test("100-continue is answered after authentication, never to strangers", async () => {
  const asked = (secret: string): aws4.Request =>
    signed({ method: "PUT", path: "/b/k", service: "s3", body: "hello", secret });
  const run = async (options: aws4.Request): Promise<{ continued: boolean; status: number }> => {
    const headers = { ...options.headers, expect: "100-continue", "content-length": 5 };
    const out = request({
      host: "127.0.0.1",
      port,
      method: "PUT",
      path: "/b/k",
      headers: headers as never,
    });
    let continued = false;
    out.on("continue", () => {
      continued = true;
      out.end("hello");
    });
    out.flushHeaders();
    const [response] = (await once(out, "response")) as [IncomingMessage];
    response.resume();
    out.destroy();
    return { continued, status: response.statusCode ?? 0 };
  };
  expect(await run(asked(credentials.secretAccessKey))).toEqual({ continued: true, status: 200 });
  expect(await run(asked("wrong"))).toEqual({ continued: false, status: 403 });
});

test("a client that leaves half-way aborts its handler and nobody else", async () => {
  const { headers } = signed({
    method: "PUT",
    path: "/b/left",
    service: "s3",
    body: "x".repeat(9),
  });
  const socket = connect(port, "127.0.0.1");
  const lines = Object.entries(headers ?? {}).map(([name, value]) => `${name}: ${String(value)}`);
  socket.write(`PUT /b/left HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\nxx`);
  await expect.poll(() => log.length, { timeout: 100 }).toBeGreaterThan(0);
  await new Promise((resolve) => setTimeout(resolve, 50));
  socket.destroy();
  await expect.poll(() => aborted).toContain("left");
  await expect.poll(() => log.at(-1)?.status).toBe(499);
  const health = await send({ method: "GET", path: "/_firn/health", headers: {} });
  expect(health.status).toBe(200);
});

test("a stream that fails after the head breaks the connection instead of ending well", async () => {
  const got = await s3.send(new GetObjectCommand({ Bucket: "b", Key: "fails" }));
  await expect(got.Body?.transformToByteArray()).rejects.toThrow();
  const first = s3.send(new GetObjectCommand({ Bucket: "b", Key: "fails-at-once" }));
  await expect(first).rejects.toMatchObject({ name: "InternalError" });
});

test("a reader is closed when its client is gone", async () => {
  const { headers, path } = signed({ method: "GET", path: "/b/long", service: "s3" });
  const out = request({ host: "127.0.0.1", port, path, headers: headers as never });
  out.end();
  const [response] = (await once(out, "response")) as [IncomingMessage];
  await once(response, "readable");
  expect(openReaders).toBe(1);
  response.destroy();
  await expect.poll(() => openReaders).toBe(0);
});

test("bodies above the limit and nonsense on the wire are refused", async () => {
  const big = { ...target("GetItem"), "content-length": 17 * 1024 * 1024 };
  const tooBig = await call({ headers: big, body: "{}" });
  expect(tooBig.status).toBe(413);
  const socket = connect(port, "127.0.0.1");
  socket.write("NONSENSE\r\n\r\n");
  const [data] = (await once(socket, "data")) as [Buffer];
  expect(data.toString()).toContain("400 Bad Request");
  socket.destroy();
});

test("strangers take no room from the bodies of those who have a key", async () => {
  const head = "POST / HTTP/1.1\r\nhost: x\r\nx-amz-target: DynamoDB_20120810.GetItem\r\n";
  for (let i = 0; i < 20; i++) {
    const socket = connect(port, "127.0.0.1");
    socket.write(`${head}transfer-encoding: chunked\r\n\r\n`);
    const [data] = (await once(socket, "data")) as [Buffer];
    expect(data.toString()).toContain("MissingAuthenticationToken");
    socket.destroy();
  }
  const body = JSON.stringify({ TableName: "tab", Key: { pk: { S: "x".repeat(100_000) } } });
  expect((await call({ headers: target("GetItem"), body })).status).toBe(200);
});

test("a service that is not served is told so in JSON or XML", async () => {
  const json = await call({ service: "kinesis", headers: { "x-amz-target": "Kinesis.List" } });
  expect(JSON.parse(json.text)).toMatchObject({ __type: "UnknownOperationException" });
  const xml = await call({ service: "sns", body: "Action=ListTopics" });
  expect(xml.text).toContain("<Code>UnknownService</Code>");
});

test("every operation is listed", () => {
  const names = gateway.operations().map((one) => `${one.service}:${one.operation.name}`);
  expect(names).toContain("ec2:DescribeVolumes");
  expect(new Set(names).size).toBe(names.length);
});
