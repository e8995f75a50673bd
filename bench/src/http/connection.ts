import { createConnection } from "node:net";
import type { Socket } from "node:net";
import type { Target } from "./sign.ts";

export interface Answer {
  readonly status: number;
  /** Bytes of the body. */
  readonly bytes: number;
}

const HEAD_END = Buffer.from("\r\n\r\n");
/** Enough of a body to see why a request failed. */
const EXCERPT_BYTES = 500;

/**
 * One keep-alive connection, one request at a time. It reads no more of an answer than it must:
 * on two cores, what the client burns is taken from the server.
 */
export class Connection {
  readonly #socket: Socket;
  #pending: { resolve(answer: Answer): void; reject(error: Error): void } | undefined;
  #head: Buffer = Buffer.alloc(0);
  #status = 0;
  #bodyBytes = 0;
  #left = 0;

  constructor(target: Target) {
    this.#socket = createConnection({ host: target.host, port: target.port, noDelay: true });
    this.#socket.on("data", (bytes) => this.#take(bytes));
    this.#socket.on("error", (error) => this.#pending?.reject(error));
    this.#socket.on("close", () => this.#pending?.reject(new Error("the server hung up")));
  }

  /** @throws when the answer is no success. */
  send(request: Buffer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#pending = undefined;
    this.#socket.destroy();
  }

  #take(bytes: Buffer): void {
    if (this.#left > 0) return this.#takeBody(bytes);
    this.#head = this.#head.length === 0 ? bytes : Buffer.concat([this.#head, bytes]);
    const end = this.#head.indexOf(HEAD_END);
    if (end < 0) return;
    const text = this.#head.toString("latin1", 0, end);
    const body = this.#head.subarray(end + HEAD_END.length);
    this.#head = Buffer.alloc(0);
    this.#status = Number(text.slice(9, 12));
    if (this.#status === 100) return this.#take(body);
    const length = /\r\ncontent-length: *(\d+)/i.exec(text);
    if (length === null && this.#status !== 204) return this.#fail(`no content-length: ${text}`);
    if (this.#status >= 300)
      return this.#fail(`${text}\n${body.toString("utf8", 0, EXCERPT_BYTES)}`);
    this.#bodyBytes = Number(length?.[1] ?? 0);
    this.#left = this.#bodyBytes;
    this.#takeBody(body);
  }

  #takeBody(bytes: Buffer): void {
    this.#left -= bytes.length;
    if (this.#left > 0) return;
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.resolve({ status: this.#status, bytes: this.#bodyBytes });
  }

  #fail(message: string): void {
    this.#pending?.reject(new Error(message));
    this.close();
  }
}
