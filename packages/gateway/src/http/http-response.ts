import type { Socket } from "node:net";
import type { HttpRequest } from "./http-request.ts";
import { responseHead } from "./response-head.ts";
import type { ResponseHeaders } from "./response-head.ts";

/**
 * A body up to this long is copied behind its head, so that both leave in one write: two buffers in
 * one system call cost more than copying as much. In bytes.
 */
const COPIED_BYTES_MAX: number = 16 * 1024;

/** What a response needs of its connection. */
export interface ResponseLink {
  readonly socket: Socket;
  destroy(): void;
  /** The lines that end every head: date, and whether the connection stays. */
  tail(closes: boolean): string;
  /** The response is whole: the next request's turn. */
  ended(): void;
}

/** The answer to one request: whole at once, or a head and then pieces. */
export class HttpResponse {
  readonly #link: ResponseLink;
  readonly #request: HttpRequest;
  #closes: boolean;
  #headSent = false;
  #isEnded = false;
  #isGone = false;
  #isChunked = false;
  /** A head that waits for the first bytes of its body. */
  #head = "";
  /** Bytes of the body that the head announced and that have not come; -1: none in particular. */
  #left = -1;
  #onClose: (() => void)[] | undefined;

  constructor(link: ResponseLink, request: HttpRequest, closes: boolean) {
    this.#link = link;
    this.#request = request;
    this.#closes = closes;
  }

  /** Nothing but the rest of this response may follow. */
  get headSent(): boolean {
    return this.#headSent;
  }

  /** All of it is with the socket. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** The connection went before the response was whole. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** The connection ends behind this response. */
  get closes(): boolean {
    return this.#closes;
  }

  /** Ends the connection behind this response, and tells the client. */
  closeAfter(): void {
    this.#closes = true;
  }

  /** Called once: when the response is whole, or its connection gone. */
  onClose(callback: () => void): void {
    if (this.#isEnded || this.#isGone) callback();
    else (this.#onClose ??= []).push(callback);
  }

  /** Lets the client send its body. */
  writeContinue(): void {
    if (!this.#isGone && !this.#headSent) this.#link.socket.write("HTTP/1.1 100 Continue\r\n\r\n");
  }

  /**
   * Head and body in one step; the body's length is announced, and returned. @throws TypeError on
   * no header.
   */
  send(status: number, headers: ResponseHeaders, body: string | Uint8Array): number {
    const bytes = typeof body === "string" ? Buffer.byteLength(body) : body.length;
    if (this.#isGone || this.#headSent) return bytes;
    this.#head = responseHead(status, headers, bytes) + this.#link.tail(this.#closes);
    this.#headSent = true;
    if (bytes === 0 || this.#request.method === "HEAD") this.#writeHead();
    else if (typeof body !== "string") this.#put(body, bytes);
    else if (bytes === body.length) this.#writeHead(body);
    else this.#put(Buffer.from(body), bytes);
    this.#end();
    return bytes;
  }

  /**
   * The head of a body that follows: as long as `content-length` says, or in chunks. It leaves with
   * the first bytes. @throws TypeError on no header.
   */
  open(status: number, headers: ResponseHeaders): void {
    if (this.#isGone || this.#headSent) return;
    const announced = headers["content-length"];
    let lines = responseHead(status, headers);
    if (announced !== undefined) this.#left = Number(announced);
    else if (this.#request.minor === 0) this.#closes = true;
    else {
      this.#isChunked = true;
      lines += "transfer-encoding: chunked\r\n";
    }
    this.#head = lines + this.#link.tail(this.#closes);
    this.#headSent = true;
  }

  /** A head whose body is not sent, whatever it says of one: HEAD, 204, 304. @throws TypeError. */
  sendHead(status: number, headers: ResponseHeaders): void {
    if (this.#isGone || this.#headSent) return;
    this.#head = responseHead(status, headers) + this.#link.tail(this.#closes);
    this.#headSent = true;
    this.#writeHead();
    this.#end();
  }

  /** False when the socket has enough: await `drained` then. */
  write(bytes: Uint8Array): boolean {
    if (this.#isGone || this.#isEnded || bytes.length === 0) return true;
    if (this.#left >= 0 && (this.#left -= bytes.length) < 0) {
      this.destroy();
      return true;
    }
    if (!this.#isChunked) return this.#put(bytes, bytes.length);
    const { socket } = this.#link;
    socket.cork();
    this.#writeHead(`${bytes.length.toString(16)}\r\n`);
    socket.write(bytes);
    const takesMore = socket.write("\r\n", "latin1");
    socket.uncork();
    return takesMore;
  }

  /** Resolves when the socket takes more, or is gone. */
  drained(): Promise<void> {
    const { socket } = this.#link;
    if (this.#isGone || !socket.writableNeedDrain) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        socket.off("drain", done);
        socket.off("close", done);
        resolve();
      };
      socket.on("drain", done);
      socket.on("close", done);
    });
  }

  /** Ends the body. One that is shorter than it was announced breaks the connection off. */
  end(): void {
    if (this.#isGone || this.#isEnded) return;
    if (this.#left > 0) {
      this.destroy();
      return;
    }
    if (this.#isChunked) this.#writeHead("0\r\n\r\n");
    else if (this.#head !== "") this.#writeHead();
    this.#end();
  }

  /** Breaks the connection off: the client must not take what it has for the whole. */
  destroy(): void {
    this.#link.destroy();
  }

  /** Called by the connection when it is gone. */
  abandon(): void {
    if (this.#isEnded || this.#isGone) return;
    this.#isGone = true;
    this.#tellClosed();
  }

  /** The head, if it has not left, and Latin-1 text behind it. */
  #writeHead(text = ""): boolean {
    const head = this.#head;
    this.#head = "";
    return this.#link.socket.write(head + text, "latin1");
  }

  /** The head, if it has not left, and bytes behind it. */
  #put(body: Uint8Array, bytes: number): boolean {
    const { socket } = this.#link;
    const head = this.#head;
    if (head === "") return socket.write(body);
    if (bytes <= COPIED_BYTES_MAX) {
      this.#head = "";
      const whole = Buffer.allocUnsafe(head.length + bytes);
      whole.write(head, "latin1");
      whole.set(body, head.length);
      return socket.write(whole);
    }
    socket.cork();
    this.#writeHead();
    const takesMore = socket.write(body);
    socket.uncork();
    return takesMore;
  }

  #end(): void {
    this.#isEnded = true;
    this.#tellClosed();
    this.#link.ended();
  }

  #tellClosed(): void {
    const callbacks = this.#onClose;
    if (callbacks === undefined) return;
    this.#onClose = undefined;
    for (const callback of callbacks) callback();
  }
}
