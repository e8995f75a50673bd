import { EventEmitter } from "node:events";
import { createRequire } from "node:module";
import type { Socket } from "node:net";
import { SeededRandom } from "@firn/core";
import { testCount, testSeed } from "@firn/testing";
import { expect, test } from "vitest";
import { HttpConnection } from "./http-connection.ts";
import type { ConnectionHost } from "./http-connection.ts";

/*
 * Against llhttp, which node:http stands on: whatever is taken for a request here, llhttp takes for
 * the same one; what is well-formed is taken by both; and where the bytes are cut changes nothing.
 */

interface Reading {
  readonly method: string;
  readonly url: string;
  readonly minor: number;
  readonly rawHeaders: readonly string[];
  body: string;
  isWhole: boolean;
}

/** As much of a socket as a connection touches. */
class FakeSocket extends EventEmitter {
  readonly remoteAddress = "127.0.0.1";
  readonly writableNeedDrain = false;
  isOver = false;
  written = "";
  write(bytes: string | Uint8Array): boolean {
    this.written += Buffer.from(bytes as string).toString("latin1");
    return true;
  }
  end(): void {
    this.isOver = true;
  }
  destroy(): void {
    this.isOver = true;
  }
  setTimeout(): void {}
  pause(): void {}
  resume(): void {}
  cork(): void {}
  uncork(): void {}
}

const limits = {
  headBytesMax: 2048,
  headersMax: 64,
  headMs: 1000,
  keepAliveMs: 1000,
  idleMs: 1000,
  sweepMs: 1000,
  aheadBytesMax: 1 << 20,
  unreadBytesMax: 1 << 20,
  discardBytesMax: 1 << 20,
  connectionsMax: 10,
};

function ours(pieces: readonly Buffer[]): { readings: Reading[]; refused: boolean } {
  const readings: Reading[] = [];
  const socket = new FakeSocket();
  const host: ConnectionHost = {
    limits,
    isClosing: false,
    date: () => "now",
    refusalText: (refusal) => ({ line: "400 Bad Request", text: refusal }),
    serve(request, response) {
      const { method, url, minor, rawHeaders } = request;
      const reading: Reading = { method, url, minor, rawHeaders, body: "", isWhole: false };
      readings.push(reading);
      request.read({
        data: (bytes) => (reading.body += bytes.toString("latin1")),
        end() {
          reading.isWhole = true;
          response.send(200, {}, "");
        },
        gone: () => undefined,
      });
    },
  };
  // oxlint-disable-next-line no-new -- it lives by its socket's events
  new HttpConnection(socket as unknown as Socket, host);
  for (const piece of pieces) socket.emit("data", Buffer.from(piece));
  return { readings, refused: socket.written.includes("HTTP/1.1 400 ") };
}

interface LlHttp {
  initialize(kind: number, resource: object): void;
  execute(bytes: Buffer): number | Error;
  [event: number]: unknown;
}
interface LlHttpClass {
  new (): LlHttp;
  readonly REQUEST: number;
  readonly kOnHeaders: number;
  readonly kOnHeadersComplete: number;
  readonly kOnBody: number;
  readonly kOnMessageComplete: number;
}

const { HTTPParser, methods } = createRequire(import.meta.url)("node:_http_common") as {
  readonly HTTPParser: LlHttpClass;
  readonly methods: readonly string[];
};

function theirs(bytes: Buffer): { readings: Reading[]; refused: boolean } {
  const readings: Reading[] = [];
  const parser = new HTTPParser();
  parser.initialize(HTTPParser.REQUEST, {});
  let early: string[] = [];
  let earlyUrl = "";
  // Headers that come in several parts, and trailers, which are not compared.
  parser[HTTPParser.kOnHeaders] = (headers: string[], url: string): void => {
    if (readings.at(-1)?.isWhole === false) return;
    early.push(...headers);
    earlyUrl += url;
  };
  parser[HTTPParser.kOnHeadersComplete] = (
    _: number,
    minor: number,
    headers: string[] | undefined,
    method: number,
    url: string | undefined,
  ): number => {
    const rawHeaders = headers ?? early;
    const reading = { method: methods[method] ?? "", url: url ?? earlyUrl, minor, rawHeaders };
    early = [];
    earlyUrl = "";
    readings.push({ ...reading, body: "", isWhole: false });
    return 0;
  };
  parser[HTTPParser.kOnBody] = (body: Buffer): void => {
    (readings.at(-1) as Reading).body += body.toString("latin1");
  };
  parser[HTTPParser.kOnMessageComplete] = (): void => {
    (readings.at(-1) as Reading).isWhole = true;
  };
  return { readings, refused: parser.execute(bytes) instanceof Error };
}

const METHODS = ["GET", "PUT", "POST", "HEAD", "DELETE", "OPTIONS"];
const NAMES = ["a", "X-Amz-Date", "content-type", "accept", "x-amz-meta-b", "Cookie"];

function pick<T>(random: SeededRandom, from: readonly T[]): T {
  return from[random.below(from.length)] as T;
}

function someRequest(random: SeededRandom): string {
  const lines = [
    `${pick(random, METHODS)} /${"k".repeat(random.below(5))}?q=%20 HTTP/1.1`,
    "Host: h",
  ];
  for (let i = random.below(5); i > 0; i--) {
    lines.push(
      `${pick(random, NAMES)}:${" ".repeat(random.below(3))}${"v w".slice(random.below(3))}`,
    );
  }
  const body = "0123456789abcdef\r\n".repeat(random.below(3)).slice(random.below(4));
  const kind = random.below(3);
  if (kind === 0) return `${lines.join("\r\n")}\r\n\r\n`;
  if (kind === 1) {
    lines.push(`Content-Length: ${body.length}`);
    return `${lines.join("\r\n")}\r\n\r\n${body}`;
  }
  lines.push("Transfer-Encoding: chunked");
  const extension = random.below(3) === 0 ? ";a=b" : "";
  const first = body === "" ? "" : `${body.length.toString(16)}${extension}\r\n${body}\r\n`;
  const trailer = random.below(3) === 0 ? "t: u\r\n" : "";
  return `${lines.join("\r\n")}\r\n\r\n${first}0\r\n${trailer}\r\n`;
}

const SPOILERS = [
  "\r",
  "\n",
  "\r\n",
  " ",
  "\t",
  ":",
  "\0",
  "\x7f",
  "\u00e4",
  "0",
  "1",
  ",",
  ";",
  "-",
  "x",
  "HTTP/1.1",
  "\r\n ",
  "Content-Length: 5\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Host: i\r\n",
  "chunked",
];

function spoiled(random: SeededRandom, text: string): string {
  const at = random.below(text.length);
  const cut = random.below(4);
  return (
    text.slice(0, at) + (random.below(4) === 0 ? "" : pick(random, SPOILERS)) + text.slice(at + cut)
  );
}

function cutInTwo(bytes: Buffer, at: number): Buffer[] {
  return at === 0 ? [bytes] : [bytes.subarray(0, at), bytes.subarray(at)];
}

const seed = testSeed();
const rounds = testCount({ quick: 1500, full: 60_000 });

test(`what is well-formed is read as llhttp reads it, however it is cut (seed ${seed})`, () => {
  const random = new SeededRandom(seed);
  for (let round = 0; round < 20; round++) {
    const text = Array.from({ length: 1 + random.below(3) }, () => someRequest(random)).join("");
    const bytes = Buffer.from(text, "latin1");
    const expected = theirs(bytes);
    expect(expected.refused, text).toBe(false);
    for (let at = 0; at < bytes.length; at++) {
      expect(ours(cutInTwo(bytes, at)), `${at} of ${JSON.stringify(text)}`).toEqual(expected);
    }
    const single = Array.from(bytes, (_, i) => bytes.subarray(i, i + 1));
    expect(ours(single), text).toEqual(expected);
  }
});

test(`what is spoiled is refused, or read as llhttp reads it (seed ${seed})`, () => {
  const random = new SeededRandom(seed);
  for (let round = 0; round < rounds; round++) {
    let text = Array.from({ length: 1 + random.below(2) }, () => someRequest(random)).join("");
    for (let i = random.below(3); i >= 0; i--) text = spoiled(random, text);
    const bytes = Buffer.from(text, "latin1");
    const read = ours([bytes]);
    const shown = JSON.stringify(text);
    const like = theirs(bytes).readings.slice(0, read.readings.length);
    // What llhttp refuses inside a body has been read up to there, by both in their own steps.
    const known = read.readings.filter(({ isWhole }) => isWhole);
    expect(known, shown).toEqual(like.slice(0, known.length));
    for (const at of [1, random.below(bytes.length), bytes.length - 1]) {
      const cut = ours(cutInTwo(bytes, at));
      expect(cut.refused, `${at} of ${shown}`).toBe(read.refused);
      expect(
        cut.readings.filter(({ isWhole }) => isWhole),
        shown,
      ).toEqual(known);
    }
  }
});
