import { connect } from "node:net";
import type { NetConnectOpts, Socket } from "node:net";
import { connect as connectTls } from "node:tls";

/** An NBD answer: the error number (0 for none) and the payload of the reply's chunks. */
export interface NbdAnswer {
  readonly error: number;
  readonly data: Buffer;
  /** Payloads of all chunks, whole, when there were several. */
  readonly chunks: readonly Buffer[];
}

export interface NbdCall {
  readonly command: number;
  readonly flags?: number | undefined;
  readonly offset?: number | undefined;
  readonly length?: number | undefined;
  readonly payload?: Buffer | undefined;
}

export interface NbdClientOptions {
  readonly at: NetConnectOpts;
  readonly exportName: string;
  /** Ask for structured replies and for `base:allocation`. Default false. */
  readonly structured?: boolean | undefined;
  /** Ask for extended headers, which bring structured replies. Default false. */
  readonly extended?: boolean | undefined;
  /** Meta contexts to ask for, default `base:allocation`. */
  readonly contexts?: readonly string[] | undefined;
  /** Encrypt; whatever certificate the server has is taken. Default false. */
  readonly encrypted?: boolean | undefined;
}

const GO = 7;
const STRUCTURED_REPLY = 8;
const SET_META_CONTEXT = 10;
const START_TLS = 5;
const EXTENDED_HEADERS = 11;
/** In front of data their offset, in front of extents their context (and their count). */
const SKIPPED: Readonly<Record<number, number>> = { 1: 8, 5: 4, 6: 8 };
const REPLY_ACK = 1;
const FIRST_ERROR = 0x8000_0000;

/** A small client, independent of the server's code: for tests and ledgers of flushed writes. */
export class NbdClient {
  #reader: SocketReader;
  #socket: Socket;
  #extended = false;
  /** Contexts that the server agreed to, in the order of their ids. */
  contexts: readonly string[] = [];
  readonly #waiting = new Map<number, (answer: NbdAnswer | Error) => void>();
  /** Length of each read under way: a simple reply does not repeat it. */
  readonly #reads = new Map<number, number>();
  readonly #chunks = new Map<number, Buffer[]>();
  #nextCookie = 1;
  /** Bytes; from the handshake. */
  sizeBytes = 0;
  /** Transmission flags. */
  flags = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#reader = new SocketReader(socket);
  }

  static async connect(options: NbdClientOptions): Promise<NbdClient> {
    const socket = connect(options.at);
    socket.setNoDelay(true);
    const client = new NbdClient(socket);
    await client.#handshake(options);
    void client.#receive();
    return client;
  }

  async read(offset: number, length: number): Promise<Buffer> {
    return expectOk(await this.call({ command: 0, offset, length }));
  }

  /** With `fua` durable when it resolves. */
  async write(offset: number, payload: Buffer, options?: { readonly fua: boolean }): Promise<void> {
    const flags = options?.fua === true ? 1 : 0;
    expectOk(await this.call({ command: 1, flags, offset, length: payload.length, payload }));
  }

  /** The range reads as zeroes from now on. */
  async trim(offset: number, length: number): Promise<void> {
    expectOk(await this.call({ command: 4, offset, length }));
  }

  /** What was answered before is durable when it resolves. */
  async flush(): Promise<void> {
    expectOk(await this.call({ command: 3 }));
  }

  /** Any request, and its answer whatever it is; rejects when the connection breaks. */
  call(call: NbdCall): Promise<NbdAnswer> {
    const { command, flags = 0, offset = 0, length = 0, payload } = call;
    const cookie = this.#nextCookie++;
    const head = this.#head({ command, flags, offset, length }, cookie);
    return new Promise((resolve, reject) => {
      this.#waiting.set(cookie, (answer) =>
        answer instanceof Error ? reject(answer) : resolve(answer),
      );
      if (command === 0) this.#reads.set(cookie, length);
      this.#socket.write(head);
      if (payload !== undefined) this.#socket.write(payload);
    });
  }

  /** Says goodbye and waits for the socket to close. */
  async close(): Promise<void> {
    const head = this.#head({ command: 2 }, 0);
    const closed = new Promise((resolve) => this.#socket.once("close", resolve));
    this.#socket.end(head);
    await closed;
  }

  /** Vanishes. */
  destroy(): void {
    this.#socket.destroy();
  }

  #head(call: NbdCall, cookie: number): Buffer {
    const { command, flags = 0, offset = 0, length = 0 } = call;
    const head = Buffer.alloc(this.#extended ? 32 : 28);
    head.writeUInt32BE(this.#extended ? 0x21e4_1c71 : 0x2560_9513, 0);
    // An extended write says that its length is that of a payload.
    head.writeUInt16BE(this.#extended && command === 1 ? flags | 32 : flags, 4);
    head.writeUInt16BE(command, 6);
    head.writeUInt32BE(cookie, 12);
    head.writeBigUInt64BE(BigInt(offset), 16);
    if (this.#extended) head.writeBigUInt64BE(BigInt(length), 24);
    else head.writeUInt32BE(length, 24);
    return head;
  }

  async #encrypt(): Promise<void> {
    await this.#option(START_TLS, Buffer.alloc(0));
    this.#socket.removeAllListeners("data");
    this.#socket = connectTls({ socket: this.#socket, rejectUnauthorized: false });
    this.#reader = new SocketReader(this.#socket);
    await new Promise((resolve, reject) => {
      this.#socket.once("secureConnect", resolve).once("error", reject);
    });
  }

  async #handshake(options: NbdClientOptions): Promise<void> {
    const greeting = await this.#reader.take(18);
    if (greeting.toString("latin1", 0, 16) !== "NBDMAGICIHAVEOPT") throw new Error("not NBD");
    this.#socket.write(Buffer.from([0, 0, 0, 3]));
    if (options.encrypted === true) await this.#encrypt();
    const name = prefixed(options.exportName);
    if (options.structured === true || options.extended === true) {
      const option = options.extended === true ? EXTENDED_HEADERS : STRUCTURED_REPLY;
      await this.#option(option, Buffer.alloc(0));
      const { contexts = ["base:allocation"] } = options;
      const count = Buffer.from([0, 0, 0, contexts.length]);
      const query = Buffer.concat([name, count, ...contexts.map(prefixed)]);
      const answers = await this.#option(SET_META_CONTEXT, query);
      this.contexts = answers.map((answer) => answer.toString("latin1", 4));
    }
    const infos = await this.#option(GO, Buffer.concat([name, Buffer.from([0, 0])]));
    const exported = infos.find((info) => info.readUInt16BE(0) === 0);
    this.sizeBytes = Number(exported?.readBigUInt64BE(2) ?? 0n);
    this.flags = exported?.readUInt16BE(10) ?? 0;
    this.#extended = options.extended === true;
  }

  /** Sends an option; returns the data of its answers up to the acknowledgement. */
  async #option(option: number, data: Buffer): Promise<Buffer[]> {
    const head = Buffer.alloc(16);
    head.write("IHAVEOPT", 0, "latin1");
    head.writeUInt32BE(option, 8);
    head.writeUInt32BE(data.length, 12);
    this.#socket.write(Buffer.concat([head, data]));
    const answers: Buffer[] = [];
    for (;;) {
      const reply = await this.#reader.take(20);
      const type = reply.readUInt32BE(12);
      const body = await this.#reader.take(reply.readUInt32BE(16));
      if (type === REPLY_ACK) return answers;
      if (type >= FIRST_ERROR) throw new Error(`option ${option} was refused with ${type}`);
      answers.push(body);
    }
  }

  async #receive(): Promise<void> {
    try {
      for (;;) await this.#receiveOne();
    } catch (error) {
      for (const settle of this.#waiting.values()) settle(error as Error);
      this.#waiting.clear();
    }
  }

  async #receiveOne(): Promise<void> {
    const magic = (await this.#reader.take(4)).readUInt32BE(0);
    if (magic === 0x6744_6698) {
      const rest = await this.#reader.take(12);
      const error = rest.readUInt32BE(0);
      const cookie = rest.readUInt32BE(8);
      const length = error === 0 ? (this.#reads.get(cookie) ?? 0) : 0;
      return this.#settle(cookie, { error, data: await this.#reader.take(length), chunks: [] });
    }
    const rest = await this.#reader.take(this.#extended ? 28 : 16);
    const done = (rest.readUInt16BE(0) & 1) === 1;
    const type = rest.readUInt16BE(2);
    const cookie = rest.readUInt32BE(8);
    const body = await this.#reader.take(rest.readUInt32BE(this.#extended ? 24 : 12));
    const chunks = [...(this.#chunks.get(cookie) ?? []), body];
    this.#chunks.set(cookie, chunks);
    if (!done) return;
    this.#chunks.delete(cookie);
    const error = type >= 0x8000 ? body.readUInt32BE(0) : 0;
    const skip = error === 0 ? (SKIPPED[type] ?? 0) : 0;
    this.#settle(cookie, { error, data: body.subarray(skip), chunks });
  }

  #settle(cookie: number, answer: NbdAnswer): void {
    this.#waiting.get(cookie)?.(answer);
    this.#waiting.delete(cookie);
    this.#reads.delete(cookie);
  }
}

/** A socket's bytes, awaited in pieces. */
class SocketReader {
  #bytes: Buffer = Buffer.alloc(0);
  #wake: (() => void) | undefined;
  #ended = false;

  constructor(socket: Socket) {
    socket.on("data", (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      this.#wake?.();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.#ended = true;
      this.#wake?.();
    });
  }

  async take(length: number): Promise<Buffer> {
    while (this.#bytes.length < length) {
      if (this.#ended) throw new Error("the NBD connection broke");
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const taken = this.#bytes.subarray(0, length);
    this.#bytes = this.#bytes.subarray(length);
    return taken;
  }
}

function prefixed(text: string): Buffer {
  const bytes = Buffer.from(text, "utf8");
  const head = Buffer.alloc(4);
  head.writeUInt32BE(bytes.length);
  return Buffer.concat([head, bytes]);
}

function expectOk({ error, data }: NbdAnswer): Buffer {
  if (error !== 0) throw Object.assign(new Error(`NBD error ${error}`), { errno: error });
  return data;
}
