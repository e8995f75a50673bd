import { createHash, hash } from "node:crypto";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { SigV4Verifier, verifyPayload } from "@firn/auth";
import type { SignedRequest } from "@firn/auth";
import { receiveInput } from "../harness/child.ts";
import type { ServerRun } from "../http/server-run.ts";

/** A body up to so many bytes is hashed and written in one piece. */
const SMALL_BYTES_MAX = 64 * 1024;
/** One read of the file, and what is read ahead of what is sent. */
const READ_BYTES = 1024 * 1024;

interface Placed {
  readonly at: number;
  readonly bytes: number;
  readonly etag: string;
}

/** Appends, made durable by one fdatasync for all that queued while the last one ran. */
class AppendedFile {
  readonly #file: FileHandle;
  #end = 0;
  #syncing: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  get end(): number {
    return this.#end;
  }

  /** Room for bytes that are written later. */
  reserve(bytes: number): number {
    const at = this.#end;
    this.#end += bytes;
    return at;
  }

  async write(bytes: Uint8Array, at: number): Promise<void> {
    await this.#file.write(bytes, 0, bytes.length, at);
  }

  async read(into: Buffer, at: number): Promise<Buffer> {
    const { bytesRead } = await this.#file.read(into, 0, into.length, at);
    return into.subarray(0, bytesRead);
  }

  sync(): Promise<void> {
    this.#next ??= this.#afterCurrent();
    return this.#next;
  }

  async #afterCurrent(): Promise<void> {
    await this.#syncing;
    this.#syncing = this.#file.datasync();
    this.#next = undefined;
    await this.#syncing;
  }
}

/**
 * What Firn's objects are measured against: node:http, the same check of the signature and of the
 * same hashes, an append to a file, a group-committed fdatasync, reads of it with read-ahead. No
 * buckets, no index, no recovery.
 */
async function main(): Promise<void> {
  const { directory, accessKeyId, secretAccessKey } = await receiveInput<ServerRun>();
  const file = new AppendedFile(await open(join(directory, "objects"), "wx+"));
  const placed = new Map<string, Placed>();
  const verifier = new SigV4Verifier({
    credentials: (id) => (id === accessKeyId ? { secretAccessKey } : undefined),
  });
  const check = (request: IncomingMessage, body?: Buffer): ReturnType<typeof verifier.verify> =>
    verifier.verify(request as SignedRequest, { service: "s3", nowMs: Date.now(), body });

  const putSmall = async (request: IncomingMessage): Promise<Placed> => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
    check(request, body);
    const at = file.reserve(body.length);
    await file.write(body, at);
    return { at, bytes: body.length, etag: hash("md5", body) };
  };

  const putLarge = async (request: IncomingMessage, bytes: number): Promise<Placed> => {
    const { payload } = check(request);
    const body = payload.kind === "sha256" ? verifyPayload(request, payload.sha256) : request;
    const md5 = createHash("md5");
    const at = file.reserve(bytes);
    let offset = at;
    // One write is under way while the next piece arrives and is hashed.
    let writing = Promise.resolve();
    for await (const part of gathered(body as AsyncIterable<Uint8Array>)) {
      md5.update(part);
      await writing;
      writing = file.write(part, offset);
      offset += part.length;
    }
    await writing;
    return { at, bytes, etag: md5.digest("hex") };
  };

  const put = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const bytes = Number(request.headers["content-length"] ?? 0);
    const isSmall = bytes <= SMALL_BYTES_MAX;
    const made = await (isSmall ? putSmall(request) : putLarge(request, bytes));
    await file.sync();
    placed.set(request.url ?? "", made);
    response.writeHead(200, { etag: `"${made.etag}"`, "content-length": 0 }).end();
  };

  const get = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    check(request);
    const found = placed.get(request.url ?? "");
    if (found === undefined) throw new Error(`no ${request.url}`);
    const { at, bytes, etag } = found;
    response.writeHead(200, { etag: `"${etag}"`, "content-length": bytes });
    const readAt = (from: number): Promise<Buffer> =>
      file.read(Buffer.allocUnsafe(Math.min(READ_BYTES, at + bytes - from)), from);
    let ahead = bytes > 0 ? readAt(at) : undefined;
    for (let from = at; ahead !== undefined;) {
      const chunk = await ahead;
      from += chunk.length;
      ahead = from < at + bytes ? readAt(from) : undefined;
      if (!response.write(chunk)) await new Promise((resolve) => response.once("drain", resolve));
    }
    response.end();
  };

  const server = createServer((request, response) => {
    const answer = request.method === "GET" ? get : put;
    answer(request, response).catch((error: unknown) => {
      console.error(error);
      response.destroy();
    });
  });
  server.listen(0, "127.0.0.1", () => {
    process.send?.({ port: (server.address() as AddressInfo).port });
  });
}

/** Pieces of a mebibyte: fewer, larger writes. */
async function* gathered(body: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body) {
    parts.push(part);
    size += part.length;
    if (size < READ_BYTES) continue;
    yield Buffer.concat(parts, size);
    parts = [];
    size = 0;
  }
  if (size > 0) yield Buffer.concat(parts, size);
}

void main();
