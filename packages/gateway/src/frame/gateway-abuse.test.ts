import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { ManualClock, RealClock, SeededRandom } from "@firn/core";
import { document, operation, string, unsupported } from "@firn/wire";
import type { DefineOperation } from "@firn/wire";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AHEAD_BYTES_MAX, HEADERS_MAX, IN_FLIGHT_MAX } from "./constants.ts";
import type { Caller, RequestContext } from "./context.ts";
import { faultsOf } from "./faults.ts";
import { silentLog } from "./gateway-log.ts";
import { Gateway } from "./gateway.ts";
import { refusalsOf } from "./refusals.ts";
import type { AnyService, Service } from "./service.ts";

/** What only somebody means who wants the server down: it holds nothing for him, and goes on. */

const define: DefineOperation<RequestContext> = operation;
const root: Caller = {
  accountId: "000000000000",
  arn: "arn:aws:iam::000000000000:root",
  accessKeyId: "AKIDABUSE",
  canonicalId: "0".repeat(64),
  displayName: "root",
  isRoot: true,
};

let started = 0;
let open = 0;

const getObject = define({
  name: "GetObject",
  http: { method: "GET", path: "/{Bucket}/{Key+}" },
  input: { Tagging: unsupported({ in: "header", name: "x-amz-tagging" }) },
  output: {},
  errors: [],
  async handler(_, { signal }) {
    started++;
    open++;
    await once(signal, "abort");
    open--;
    return {};
  },
});
const listBuckets = define({
  name: "ListBuckets",
  http: { method: "GET", path: "/" },
  input: {},
  output: {},
  errors: [],
  handler: () => ({}),
});
const getItem = define({
  name: "GetItem",
  input: { TableName: string({ max: 255 }), Key: document() },
  output: { TableName: string() },
  errors: [],
  handler: ({ TableName }) => ({ TableName }),
});

function service(name: string, more: Pick<Service, "protocol" | "operations">): AnyService {
  const { protocol } = more;
  return {
    name,
    errors: {},
    faults: faultsOf(protocol),
    refusals: refusalsOf(protocol),
    targetPrefix: "DynamoDB_20120810",
    context: (context: RequestContext) => context,
    ...more,
  };
}

const faults: unknown[] = [];
const requestLog = { ...silentLog, error: (facts: object) => faults.push(facts) };
const clock = new ManualClock(0);
const gateway = new Gateway({
  services: [
    service("s3", { protocol: "rest-xml", operations: [getObject, listBuckets] }),
    service("dynamodb", { protocol: "json-1.0", operations: [getItem] }),
  ],
  auth: { mode: "off", root, credentials: () => undefined },
  clock,
  advanceClock: async (byMs) => clock.advance(byMs),
  realClock: new RealClock(),
  random: new SeededRandom(1),
  health: () => ({ status: "ok" }),
  log: { ...silentLog, of: () => requestLog },
});
let port = 0;

beforeAll(async () => {
  ({ port } = await gateway.listen({ host: "127.0.0.1", port: 0 }));
});
afterAll(() => gateway.close());

async function connected(): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1" });
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

/** Everything that comes back until the server closes, which these requests ask for. */
async function answerTo(bytes: string | Uint8Array): Promise<string> {
  const socket = await connected();
  socket.write(bytes);
  let text = "";
  for await (const chunk of socket.setEncoding("latin1")) text += chunk as string;
  return text;
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 400 && !condition(); i++) await wait(5);
  expect(condition()).toBe(true);
}

function post(body: Uint8Array, headers: string): Uint8Array {
  const head =
    `POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${headers}` +
    `content-length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

const GET_LONG = "GET /b/long HTTP/1.1\r\nhost: x\r\n\r\n";
/** Requests on one connection. */
const SENT_AHEAD = 16;
const CLOSING = "host: x\r\nconnection: close\r\n";

test("requests sent ahead wait unserved, and are gone with their connection", async () => {
  const sockets = await Promise.all(Array.from({ length: 150 }, connected));
  for (const socket of sockets) socket.write(GET_LONG.repeat(SENT_AHEAD));
  await until(() => started === sockets.length);
  await wait(20);
  expect(started).toBe(sockets.length);
  for (const socket of sockets) socket.destroy();
  await until(() => open === 0);
  expect(sockets.length * SENT_AHEAD).toBeGreaterThan(IN_FLIGHT_MAX);
  expect(await answerTo(`GET / HTTP/1.1\r\n${CLOSING}\r\n`)).toMatch(/^HTTP\/1.1 200 /);
});

test("a connection that sends too much ahead is closed", async () => {
  const socket = await connected();
  const tooMany = Math.ceil(AHEAD_BYTES_MAX / GET_LONG.length) + 2;
  socket.write(GET_LONG.repeat(tooMany));
  await once(socket.resume(), "close");
  await until(() => open === 0);
});

test("requests sent ahead are answered in their order", async () => {
  const get = (more: string): string => `GET / HTTP/1.1\r\n${more}\r\n`;
  const answer = await answerTo(get("host: x\r\n").repeat(5) + get(CLOSING));
  expect(answer.match(/HTTP\/1.1 200 /g)).toHaveLength(6);
});

test("more headers than the limit are refused, none is dropped in silence", async () => {
  const lines = (count: number): string =>
    Array.from({ length: count }, (_, i) => `a${i}: b\r\n`).join("");
  const ask = (count: number): Promise<string> =>
    answerTo(`GET / HTTP/1.1\r\n${CLOSING}${lines(count)}\r\n`);
  expect(await ask(HEADERS_MAX - 2)).toMatch(/^HTTP\/1.1 200 /);
  for (const count of [HEADERS_MAX - 1, HEADERS_MAX + 40, 3 * HEADERS_MAX]) {
    expect(await ask(count)).toMatch(/^HTTP\/1.1 431 .*exceed 32768 bytes or 256 lines/s);
  }
});

test("what is no HTTP is told so in words", async () => {
  expect(await answerTo("\u0016\u0003\u0001\u0002 hello\r\n\r\n")).toMatch(/400 .*not valid HTTP/s);
  const long = `GET / HTTP/1.1\r\nhost: x\r\na: ${"x".repeat(40_000)}\r\n\r\n`;
  expect(await answerTo(long)).toMatch(/431 .*exceed 32768 bytes/s);
});

test("nonsense behind a request does not keep its answer from the client", async () => {
  const answer = await answerTo("GET / HTTP/1.1\r\nhost: x\r\n\r\nnonsense");
  expect(answer).toMatch(/^HTTP\/1.1 200 .*HTTP\/1.1 400 .*not valid HTTP/s);
});

test("a gzip body is inflated up to the limit", async () => {
  const asked = (name: string): Promise<string> => {
    const body = gzipSync(JSON.stringify({ TableName: name }));
    const target = "x-amz-target: DynamoDB_20120810.GetItem\r\ncontent-encoding: gzip\r\n";
    return answerTo(post(body, target));
  };
  expect(await asked("tab")).toContain('{"TableName":"tab"}');
  expect(await asked("a".repeat(17 * 1024 * 1024))).toMatch(/^HTTP\/1.1 413 /);
});

test("an operation of another version of the API is unknown", async () => {
  for (const target of ["DynamoDB_20111205.GetItem", "GetItem", ".GetItem"]) {
    const answer = await answerTo(post(Buffer.from("{}"), `x-amz-target: ${target}\r\n`));
    expect(answer).toContain("UnknownOperationException");
  }
});

test("what is not implemented is no fault of the server", async () => {
  const headers = `${CLOSING}x-amz-tagging: a=b\r\n`;
  expect(await answerTo(`GET /b/k HTTP/1.1\r\n${headers}\r\n`)).toMatch(/^HTTP\/1.1 501 /);
  expect(faults).toEqual([]);
});

test("a path or query that is not UTF-8 is no valid URI", async () => {
  for (const target of ["/b/%ff", "/b/%zz", "/?a=%c0%af"]) {
    const answer = await answerTo(`GET ${target} HTTP/1.1\r\n${CLOSING}\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 400 .*<Code>InvalidURI</s);
  }
});
