import { createHash, randomBytes } from "node:crypto";
import type { Hash } from "node:crypto";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { TreeHasher } from "@firn/archive";
import { receiveInput } from "../harness/child.ts";
import type { ArchiveServerReady, ArchiveServerRun } from "./archive-run.ts";

/** Written and read at a time. */
const STEP_BYTES: number = 1024 * 1024;

/**
 * What the archive is measured against: node:http and one file. An upload is received, hashed as
 * one run and as a tree, appended and synced; an output is read, hashed once and sent. It checks no
 * signature, keeps no checksum of what it stores, and would not find an archive again.
 */
class BareServer {
  readonly #file: FileHandle;
  readonly #bytes: number;
  #end: number;

  constructor(file: FileHandle, bytes: number, end: number) {
    this.#file = file;
    this.#bytes = bytes;
    this.#end = end;
  }

  async upload(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const linear = createHash("sha256");
    const tree = new TreeHasher();
    let at = this.#end;
    this.#end += Number(request.headers["content-length"]);
    let parts: Buffer[] = [];
    let bytes = 0;
    for await (const part of request as AsyncIterable<Buffer>) {
      linear.update(part);
      tree.update(part);
      parts.push(part);
      bytes += part.length;
      if (bytes < STEP_BYTES) continue;
      await this.#file.writev(parts, at);
      at += bytes;
      [parts, bytes] = [[], 0];
    }
    if (bytes > 0) await this.#file.writev(parts, at);
    await this.#file.datasync();
    checkLinear(request, linear);
    const treeHash = Buffer.from(tree.digest().treeHash).toString("hex");
    if (treeHash !== request.headers["x-amz-sha256-tree-hash"]) throw new Error("tree hash");
    response.writeHead(201, { "x-amz-sha256-tree-hash": treeHash, "content-length": 0 }).end();
  }

  async output(path: string, response: ServerResponse): Promise<void> {
    const linear = createHash("sha256");
    const start = Number(path.slice(1)) * this.#bytes;
    response.writeHead(200, { "content-length": this.#bytes });
    for (let at = 0; at < this.#bytes; at += STEP_BYTES) {
      const step = Buffer.allocUnsafe(Math.min(STEP_BYTES, this.#bytes - at));
      await this.#file.read(step, 0, step.length, start + at);
      linear.update(step);
      if (!response.write(step)) await new Promise((resolve) => response.once("drain", resolve));
    }
    linear.digest();
    response.end();
  }
}

function checkLinear(request: IncomingMessage, hash: Hash): void {
  if (hash.digest("hex") !== request.headers["x-amz-content-sha256"]) throw new Error("sha256");
}

async function main(): Promise<void> {
  const { directory, bytes, outputs } = await receiveInput<ArchiveServerRun>();
  const file = await open(join(directory, "archives"), "w+");
  for (let at = 0; at < outputs; at++) await file.write(randomBytes(bytes), 0, bytes, at * bytes);
  const bare = new BareServer(file, bytes, outputs * bytes);
  const server = createServer((request, response) => {
    const isUpload = request.method === "POST";
    const work = isUpload
      ? bare.upload(request, response)
      : bare.output(request.url ?? "/0", response);
    work.catch((error: unknown) => {
      response.destroy();
      console.error(error);
    });
  });
  server.listen(0, "127.0.0.1", () => {
    const { port } = server.address() as AddressInfo;
    const paths = Array.from({ length: outputs }, (_, at) => `/${at}`);
    const ready: ArchiveServerReady = { port, pid: process.pid, outputs: paths };
    process.send?.(ready);
  });
}

void main();
