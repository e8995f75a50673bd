import { once } from "node:events";
import { request } from "node:http";
import type { ClientRequest, IncomingMessage } from "node:http";
import { ManualClock, RealClock, SeededRandom } from "@firn/core";
import type { Clock } from "@firn/core";
import { operation, stream, string, structure } from "@firn/wire";
import type { DefineOperation, Operation } from "@firn/wire";
import { expect, test } from "vitest";
import { BODY_TIMEOUT_MS, DRAIN_MS, LOG_CLOSE_MS } from "./constants.ts";
import type { Caller, RequestContext } from "./context.ts";
import { faultsOf } from "./faults.ts";
import { silentLog } from "./gateway-log.ts";
import type { GatewayLog } from "./gateway-log.ts";
import { Gateway } from "./gateway.ts";
import { refusalsOf } from "./refusals.ts";
import type { Service } from "./service.ts";

const define: DefineOperation<RequestContext> = operation;
const root: Caller = {
  accountId: "000000000000",
  arn: "arn:aws:iam::000000000000:root",
  accessKeyId: "ROOT",
  canonicalId: "0",
  displayName: "root",
  isRoot: true,
};

interface Fixture {
  readonly gateway: Gateway;
  readonly port: number;
  readonly started: string[];
  readonly aborted: string[];
}

async function open(realClock: Clock, log: GatewayLog = silentLog): Promise<Fixture> {
  const started: string[] = [];
  const aborted: string[] = [];
  const putObject: Operation<RequestContext> = define({
    name: "PutObject",
    http: { method: "PUT", path: "/{Bucket}/{Key+}" },
    input: { Key: string({ in: "path", required: true }), Body: stream() },
    output: {},
    errors: [],
    async handler({ Key, Body }, { signal }) {
      started.push(Key);
      signal.addEventListener("abort", () => aborted.push(Key));
      for await (const chunk of Body) expect(chunk.length).toBeGreaterThan(0);
      return {};
    },
  });
  const deleteObjects: Operation<RequestContext> = define({
    name: "DeleteObjects",
    http: { method: "POST", path: "/{Bucket}" },
    input: { Delete: structure({ Quiet: string() }, { in: "payload" }) },
    output: {},
    errors: [],
    handler: () => ({}),
  });
  const service: Service = {
    name: "s3",
    protocol: "rest-xml",
    operations: [putObject, deleteObjects],
    errors: {},
    faults: faultsOf("rest-xml"),
    refusals: refusalsOf("rest-xml"),
    context: (context) => context,
  };
  const clock = new ManualClock(0);
  const gateway = new Gateway({
    services: [service],
    auth: { mode: "off", root, credentials: () => undefined },
    clock,
    advanceClock: async (byMs) => clock.advance(byMs),
    realClock,
    random: new SeededRandom(1),
    health: () => ({ status: "ok" }),
    log,
  });
  const { port } = await gateway.listen({ host: "127.0.0.1", port: 0 });
  return { gateway, port, started, aborted };
}

function upload({ port }: Fixture, key: string): ClientRequest {
  const headers = { "content-length": 4 };
  const out = request({ host: "127.0.0.1", port, method: "PUT", path: `/b/${key}`, headers });
  out.on("error", () => {});
  out.write("ab");
  return out;
}

test("requests in work finish while a gateway closes, new ones are not taken", async () => {
  const fixture = await open(new RealClock());
  const out = upload(fixture, "slow");
  await expect.poll(() => fixture.started).toEqual(["slow"]);
  const closed = fixture.gateway.close();
  const late = request({ host: "127.0.0.1", port: fixture.port, agent: false });
  late.end();
  await expect(once(late, "response")).rejects.toMatchObject({ code: "ECONNREFUSED" });
  out.end("cd");
  const [response] = (await once(out, "response")) as [IncomingMessage];
  expect(response.statusCode).toBe(200);
  expect(fixture.aborted).toEqual([]);
  response.resume();
  await closed;
  await fixture.gateway.close();
});

test("what has not finished when the drain time is over is broken off", async () => {
  const clock = new ManualClock(0);
  const fixture = await open(clock);
  upload(fixture, "stuck");
  await expect.poll(() => fixture.started).toEqual(["stuck"]);
  const closed = fixture.gateway.close();
  clock.advance(DRAIN_MS - 1);
  expect(fixture.aborted).toEqual([]);
  clock.advance(1);
  await closed;
  await expect.poll(() => fixture.aborted).toEqual(["stuck"]);
});

test("a log that nobody reads does not hold the close up", async () => {
  const clock = new ManualClock(0);
  const stuck = { ...silentLog, flush: () => new Promise<void>(() => undefined) };
  const { gateway } = await open(clock, stuck);
  let closed = false;
  void gateway.close().then(() => (closed = true));
  await expect
    .poll(() => {
      clock.advance(LOG_CLOSE_MS);
      return closed;
    })
    .toBe(true);
});

test("a body that comes too slowly is broken off, however small it is", async () => {
  const clock = new ManualClock(0);
  const { gateway, port } = await open(clock);
  const headers = { "content-length": 4 };
  const out = request({ host: "127.0.0.1", port, method: "POST", path: "/b", headers });
  const broken = once(out, "error");
  out.write("ab");
  let ended = false;
  void broken.then(() => (ended = true));
  await expect
    .poll(() => {
      clock.advance(BODY_TIMEOUT_MS);
      return ended;
    })
    .toBe(true);
  await gateway.close();
});
