import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { ManualClock, RealClock } from "@firn/core";
import type { Clock } from "@firn/core";
import { afterEach, expect, test } from "vitest";
import { BodyChunks } from "./body-chunks.ts";
import type { HttpRequest } from "./http-request.ts";
import type { HttpResponse } from "./http-response.ts";
import { HttpServer } from "./http-server.ts";

type Serve = (request: HttpRequest, response: HttpResponse) => void;

const limits = {
  headBytesMax: 4096,
  headersMax: 16,
  headMs: 20_000,
  keepAliveMs: 75_000,
  idleMs: 120_000,
  sweepMs: 5000,
  aheadBytesMax: 64 * 1024,
  unreadBytesMax: 64 * 1024,
  discardBytesMax: 1024 * 1024,
  connectionsMax: 100,
};
const servers: HttpServer[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    const closed = server.close();
    server.destroyConnections();
    await closed;
  }
});

async function serving(serve: Serve, clock: Clock = new RealClock()): Promise<number> {
  const server = new HttpServer({
    limits,
    clock,
    serve,
    refusalText: (refusal) => ({ line: "400 Bad Request", text: refusal }),
  });
  servers.push(server);
  return (await server.listen({ host: "127.0.0.1", port: 0 })).port;
}

async function connected(port: number): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1" });
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

/** Everything that comes back until the server hangs up. */
async function exchange(port: number, bytes: string): Promise<string> {
  const socket = await connected(port);
  socket.write(bytes, "latin1");
  let text = "";
  for await (const chunk of socket.setEncoding("latin1")) text += chunk as string;
  return text;
}

const hello: Serve = (_, response) => void response.send(200, { a: "b" }, "hello");
const CLOSE = "Host: x\r\nConnection: close\r\n\r\n";

test("a connection stays for the next request, and ends when it is asked to", async () => {
  const port = await serving(hello);
  const answer = await exchange(
    port,
    `GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\n${CLOSE}`,
  );
  const [first, second] = answer.split("hello");
  expect(first).toMatch(
    /^HTTP\/1\.1 200 OK\r\na: b\r\ncontent-length: 5\r\nDate: \w{3}, .* GMT\r\n/,
  );
  expect(first).toMatch(/\r\nConnection: keep-alive\r\nKeep-Alive: timeout=75\r\n\r\n$/);
  expect(second).toContain("Connection: close\r\n\r\n");
});

test("HTTP/1.0 ends with the answer, unless the client would keep it", async () => {
  const port = await serving(hello);
  expect(await exchange(port, "GET / HTTP/1.0\r\n\r\n")).toContain("Connection: close");
  const kept = "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n";
  const answer = await exchange(port, `${kept}GET / HTTP/1.0\r\n\r\n`);
  expect(answer.match(/hello/g)).toHaveLength(2);
});

test("a body of unknown length comes in chunks, to HTTP/1.0 until the end", async () => {
  const port = await serving((_, response) => {
    response.open(200, {});
    response.write(Buffer.from("he"));
    response.write(Buffer.from("llo"));
    response.end();
  });
  const answer = await exchange(port, `GET / HTTP/1.1\r\n${CLOSE}`);
  expect(answer).toContain("transfer-encoding: chunked");
  expect(answer).toContain("\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n");
  expect(await exchange(port, "GET / HTTP/1.0\r\n\r\n")).toMatch(/\r\n\r\nhello$/);
});

test("HEAD is told the length and sent nothing, 304 is sent nothing", async () => {
  const port = await serving(({ url }, response) => {
    if (url === "/304") response.sendHead(304, { etag: "e" });
    else response.send(200, {}, "hello");
  });
  expect(await exchange(port, `HEAD / HTTP/1.1\r\n${CLOSE}`)).toMatch(
    /content-length: 5.*\r\n\r\n$/s,
  );
  expect(await exchange(port, `GET /304 HTTP/1.1\r\n${CLOSE}`)).toMatch(
    /^HTTP\/1.1 304 .*\r\n\r\n$/s,
  );
});

test("a value with a line end is no header", async () => {
  const errors: unknown[] = [];
  const port = await serving((_, response) => {
    for (const headers of [{ a: "b\r\nc: d" }, { "a\n": "b" }, { a: "\u2028" }]) {
      try {
        response.send(200, headers as Record<string, string>, "");
      } catch (error) {
        errors.push(error);
      }
    }
    response.send(500, {}, "");
  });
  expect(await exchange(port, `GET / HTTP/1.1\r\n${CLOSE}`)).toMatch(/^HTTP\/1.1 500 /);
  expect(errors).toHaveLength(3);
});

test("a body longer or shorter than was announced breaks the connection off", async () => {
  const port = await serving(({ url }, response) => {
    response.open(200, { "content-length": "4" });
    response.write(Buffer.from(url === "/long" ? "hello" : "hel"));
    response.end();
  });
  expect(await exchange(port, "GET /long HTTP/1.1\r\nHost: x\r\n\r\n")).toBe("");
  expect(await exchange(port, "GET /short HTTP/1.1\r\nHost: x\r\n\r\n")).not.toContain(
    "HTTP/1.1 200 OK\r\n\r\n",
  );
});

test("what is left of a body that nobody wanted goes past, and the next is served", async () => {
  const port = await serving(hello);
  const body = "x".repeat(200_000);
  const put = `PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n`;
  const answer = await exchange(port, `${put}${body}GET / HTTP/1.1\r\n${CLOSE}`);
  expect(answer.match(/hello/g)).toHaveLength(2);
});

test("chunks that are none are refused, and their reader is told", async () => {
  let gone = 0;
  const port = await serving((request) => {
    request.read({ data: () => undefined, end: () => undefined, gone: () => gone++ });
  });
  const post = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const chunks of [
    "zz\r\n",
    "2\r\nabc\r\n",
    "-1\r\n",
    "1 \r\na\r\n0\r\n\r\n",
    "f".repeat(20),
  ]) {
    const socket = await connected(port);
    socket.write(post);
    await wait(5);
    socket.write(`${chunks}\r\n\r\n`);
    let text = "";
    for await (const chunk of socket.setEncoding("latin1")) text += chunk as string;
    expect(text).toMatch(/^HTTP\/1.1 400 .*malformed$/s);
  }
  expect(gone).toBe(5);
});

test("a slow reader of a body holds the sender back", async () => {
  let chunks: BodyChunks | undefined;
  const port = await serving((request, response) => {
    chunks = new BodyChunks(request);
    void (async () => {
      await wait(50);
      let bytes = 0;
      for (;;) {
        const chunk = await chunks.next();
        if (chunk === undefined) break;
        bytes += chunk.length;
      }
      response.send(200, {}, String(bytes));
    })();
  });
  const bytes = 8 * 1024 * 1024;
  const socket = await connected(port);
  socket.write(
    `PUT / HTTP/1.1\r\nConnection: close\r\nHost: x\r\nContent-Length: ${bytes}\r\n\r\n`,
  );
  socket.write(Buffer.alloc(bytes));
  await wait(30);
  expect(socket.writableLength).toBeGreaterThan(0);
  let text = "";
  for await (const chunk of socket.setEncoding("latin1")) text += chunk as string;
  expect(text).toMatch(new RegExp(`\r\n\r\n${bytes}$`));
});

test("a client that reads no answers is not read either", async () => {
  let served = 0;
  const port = await serving((_, response) => {
    served++;
    response.send(200, {}, Buffer.alloc(64 * 1024));
  });
  const socket = await connected(port);
  socket.pause();
  socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(2000));
  await wait(100);
  expect(served).toBeLessThan(1000);
  expect(socket.destroyed).toBe(false);
});

test("a head that drips in too slowly is refused, a silent connection closed", async () => {
  const clock = new ManualClock(0);
  const port = await serving(hello, clock);
  const dripping = await connected(port);
  dripping.write("GET / HTT");
  const silent = await connected(port);
  await wait(20);
  const ended = once(silent.resume(), "end");
  clock.advance(limits.headMs + 2 * limits.sweepMs);
  let text = "";
  for await (const chunk of dripping.setEncoding("latin1")) text += chunk as string;
  expect(text).toMatch(/headTooSlow$/);
  clock.advance(limits.keepAliveMs);
  await ended;
});
