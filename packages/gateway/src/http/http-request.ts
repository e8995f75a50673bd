import type { Socket } from "node:net";
import { rawHeadersOf } from "./request-head.ts";
import type { HttpHeaders, RequestHead } from "./request-head.ts";

/** Who reads a body. After `end` or `gone` nothing more is called. */
export interface BodyReader {
  /** Bytes of the body, in order; never empty. They may be kept. */
  data(bytes: Buffer): void;
  /** All of it has been handed over. */
  end(): void;
  /** The rest will never come: the client is gone, or what it sent is no body. */
  gone(): void;
}

/** What a request asks of its connection. */
export interface BodyFlow {
  readonly socket: Socket;
  readonly remoteAddress: string;
  readonly isEncrypted: boolean;
  /** Stops reading from the socket, and starts again. */
  pause(): void;
  resume(): void;
  /** Breaks the connection off. */
  destroy(): void;
}

/** One request, its head read; its body as it comes. */
export class HttpRequest {
  readonly method: string;
  /** Path and query as on the request line. */
  readonly url: string;
  readonly minor: number;
  readonly headers: HttpHeaders;
  /** There is a body, though it may turn out to be empty when it comes in chunks. */
  readonly hasBody: boolean;
  /** Bytes that the client announced; `undefined` for a body in chunks, and for none. */
  readonly announcedBytes: number | undefined;
  readonly #head: string;
  readonly #flow: BodyFlow;
  #unread: Buffer[] = [];
  #unreadBytes = 0;
  #reader: BodyReader | undefined;
  #complete = false;
  #gone = false;
  #isPaused = false;

  constructor(head: RequestHead, text: string, flow: BodyFlow) {
    this.method = head.method;
    this.url = head.url;
    this.minor = head.minor;
    this.headers = head.headers;
    this.hasBody = head.body !== 0;
    this.announcedBytes = head.headers["content-length"] === undefined ? undefined : +head.body;
    this.#head = text;
    this.#flow = flow;
  }

  /** Names and values in turn, as they came. Read again with each call: errors alone ask. */
  get rawHeaders(): readonly string[] {
    return rawHeadersOf(this.#head);
  }

  /** What it came on; of a request in work. */
  get socket(): Socket {
    return this.#flow.socket;
  }

  get remoteAddress(): string {
    return this.#flow.remoteAddress;
  }

  /** It came over TLS. */
  get isEncrypted(): boolean {
    return this.#flow.isEncrypted;
  }

  /** The whole body has arrived, read or not. */
  get complete(): boolean {
    return this.#complete;
  }

  /** The connection is gone, or the body broken, before the whole of it had arrived. */
  get isGone(): boolean {
    return this.#gone;
  }

  /** Bytes that have arrived and nobody has read. */
  get unreadBytes(): number {
    return this.#unreadBytes;
  }

  /** The body, if all of it is here and nobody has read any: no waiting, no events. */
  takeWhole(): Buffer | undefined {
    if (!this.#complete || this.#reader !== undefined) return undefined;
    const unread = this.#unread;
    this.dropRest();
    return unread.length === 1 ? unread[0] : Buffer.concat(unread);
  }

  /** Hands the body over, what has come of it at once. One reader per request. */
  read(reader: BodyReader): void {
    this.#reader = reader;
    const unread = this.#unread;
    this.#unread = [];
    this.#unreadBytes = 0;
    for (const bytes of unread) reader.data(bytes);
    if (this.#gone) reader.gone();
    else if (this.#complete) reader.end();
    else this.resume();
  }

  /** Nobody wants the rest: what still comes goes past. */
  dropRest(): void {
    this.#reader = NOBODY;
    this.#unread = [];
    this.#unreadBytes = 0;
    this.resume();
  }

  /** Tells the reader's connection to slow down; what is on its way still comes. */
  pause(): void {
    if (this.#isPaused || this.#complete) return;
    this.#isPaused = true;
    this.#flow.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#flow.resume();
  }

  /** Breaks the connection off. */
  destroy(): void {
    this.#flow.destroy();
  }

  /* What the connection calls. */

  push(bytes: Buffer): void {
    if (this.#reader !== undefined) this.#reader.data(bytes);
    else {
      this.#unread.push(bytes);
      this.#unreadBytes += bytes.length;
    }
  }

  finish(): void {
    this.#complete = true;
    this.resume();
    this.#reader?.end();
  }

  abandon(): void {
    if (this.#complete || this.#gone) return;
    this.#gone = true;
    this.#reader?.gone();
  }
}

const NOBODY: BodyReader = {
  data: () => undefined,
  end: () => undefined,
  gone: () => undefined,
};
