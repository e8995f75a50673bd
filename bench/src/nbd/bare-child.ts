/*
 * The least that an NBD server in Node can do: it copies between the socket and 1 GiB of memory, in
 * one process, and neither checks nor keeps anything. What Firn loses to it is the price of
 * checksums, maps and a log.
 */
import { createServer } from "node:net";
import type { Socket } from "node:net";
import { join } from "node:path";
import { receiveInput } from "../harness/child.ts";
import type { NbdReady, NbdRun } from "./nbd-run.ts";

const SIZE_BYTES: number = 1024 ** 3;
const memory: Buffer = Buffer.alloc(SIZE_BYTES, 1);
/** HAS_FLAGS, SEND_FLUSH, SEND_FUA, SEND_TRIM, CAN_MULTI_CONN. */
const FLAGS = 1 | 4 | 8 | 32 | 256;

class Connection {
  readonly #socket: Socket;
  #bytes: Buffer = Buffer.alloc(0);
  #step: () => boolean;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#step = () => this.#clientFlags();
    socket.write(Buffer.concat([Buffer.from("NBDMAGICIHAVEOPT", "latin1"), Buffer.from([0, 3])]));
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => {
      this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
      socket.cork();
      while (this.#step());
      socket.uncork();
    });
  }

  #take(length: number): Buffer {
    const taken = this.#bytes.subarray(0, length);
    this.#bytes = this.#bytes.subarray(length);
    return taken;
  }

  #clientFlags(): boolean {
    if (this.#bytes.length < 4) return false;
    this.#take(4);
    this.#step = () => this.#option();
    return true;
  }

  #option(): boolean {
    if (this.#bytes.length < 16 || this.#bytes.length < 16 + this.#bytes.readUInt32BE(12)) {
      return false;
    }
    const head = this.#take(16);
    const option = head.readUInt32BE(8);
    this.#take(head.readUInt32BE(12));
    const isGo = option === 7;
    if (isGo) this.#reply(option, { type: 3, data: exportInfo() });
    // All other options are unknown to it.
    this.#reply(option, { type: isGo ? 1 : 0x8000_0001, data: Buffer.alloc(0) });
    if (isGo) this.#step = () => this.#request();
    return true;
  }

  #reply(option: number, { type, data }: { type: number; data: Buffer }): void {
    const head = Buffer.alloc(20);
    head.write("0003e889045565a9", 0, "hex");
    head.writeUInt32BE(option, 8);
    head.writeUInt32BE(type, 12);
    head.writeUInt32BE(data.length, 16);
    this.#socket.write(Buffer.concat([head, data]));
  }

  #request(): boolean {
    const bytes = this.#bytes;
    if (bytes.length < 28) return false;
    const command = bytes.readUInt16BE(6);
    const length = bytes.readUInt32BE(24);
    if (command === 1 && bytes.length < 28 + length) return false;
    const head = this.#take(28);
    const offset = Number(head.readBigUInt64BE(16));
    if (command === 2) {
      this.#socket.end();
      return false;
    }
    const reads = command === 0 ? length : 0;
    const reply = Buffer.allocUnsafe(16 + reads);
    reply.writeUInt32BE(0x6744_6698, 0);
    reply.writeUInt32BE(0, 4);
    head.copy(reply, 8, 8, 16);
    if (command === 0) memory.copy(reply, 16, offset, offset + length);
    if (command === 1) this.#take(length).copy(memory, offset);
    this.#socket.write(reply);
    return true;
  }
}

function exportInfo(): Buffer {
  const info = Buffer.alloc(12);
  info.writeBigUInt64BE(BigInt(SIZE_BYTES), 2);
  info.writeUInt16BE(FLAGS, 10);
  return info;
}

async function main(): Promise<void> {
  const { directory } = await receiveInput<NbdRun>();
  const path = join(directory, "nbd.sock");
  createServer((socket) => void new Connection(socket)).listen(path, () => {
    const ready: NbdReady = { uri: `nbd+unix:///?socket=${path}` };
    process.send?.(ready);
  });
}

void main();
