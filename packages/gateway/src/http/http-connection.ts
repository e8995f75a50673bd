import type { Socket } from "node:net";
import { ChunkDecoder } from "./chunk-decoder.ts";
import { HeadBuffer } from "./head-buffer.ts";
import type { HttpLimits } from "./http-limits.ts";
import { HttpRequest } from "./http-request.ts";
import type { BodyFlow } from "./http-request.ts";
import { HttpResponse } from "./http-response.ts";
import type { ResponseLink } from "./http-response.ts";
import { parseHead } from "./request-head.ts";
import type { RequestHead } from "./request-head.ts";

/** Why a client is turned away before there is a request to answer. */
export type Refusal = "malformed" | "headTooLarge" | "headTooSlow";

/** What a connection needs of its server. */
export interface ConnectionHost {
  readonly limits: HttpLimits;
  readonly isClosing: boolean;
  /** The server's time for `Date`, as HTTP writes it. */
  date(): string;
  serve(request: HttpRequest, response: HttpResponse): void;
  /** What a client is told; plain text. */
  refusalText(refusal: Refusal): { readonly line: string; readonly text: string };
}

/**
 * One client's socket: takes requests off it, one at a time, and answers them in their order.
 *
 * The next head is looked at when the answer before it is with the socket, so a connection never
 * holds more than one request and `aheadBytesMax` of what was sent ahead. The socket is read all
 * the while: that a client is gone shows in nothing else. A client that does not read its answers
 * is not read either.
 */
export class HttpConnection implements BodyFlow, ResponseLink {
  readonly socket: Socket;
  readonly remoteAddress: string;
  readonly isEncrypted: boolean;
  readonly #host: ConnectionHost;
  readonly #head: HeadBuffer;
  #request: HttpRequest | undefined;
  #response: HttpResponse | undefined;
  /** Bytes of the body that are to come; chunks say it themselves. */
  #bodyLeft = 0;
  #chunks: ChunkDecoder | undefined;
  /** What came behind the request in work. */
  #ahead: Buffer[] = [];
  #aheadBytes = 0;
  #discarded = 0;
  /** Nothing more is read: an answer that closes, or a refusal, is on its way. */
  #isClosing = false;
  #isParsing = false;
  /** Its client has not taken the last answer yet. */
  #isStuck = false;
  /** Sweeps since the last request was answered, or since the head began. */
  #idleSweeps = 0;

  constructor(socket: Socket, host: ConnectionHost) {
    this.socket = socket;
    this.remoteAddress = socket.remoteAddress ?? "";
    this.isEncrypted = "encrypted" in socket;
    this.#host = host;
    this.#head = new HeadBuffer(host.limits.headBytesMax);
    socket.setTimeout(host.limits.idleMs, () => this.destroy());
    socket.on("data", (bytes: Buffer) => this.#take(bytes));
    socket.on("end", () => this.#leave());
    socket.on("error", () => undefined);
    socket.on("close", () => this.#abandon());
  }

  /** Hangs up unless somebody waits for an answer. */
  closeIdle(): void {
    if (this.#request === undefined && !this.#isClosing) this.#finish();
  }

  tail(closes: boolean): string {
    const seconds = Math.floor(this.#host.limits.keepAliveMs / 1000);
    const connection =
      closes || this.#host.isClosing
        ? "Connection: close\r\n\r\n"
        : `Connection: keep-alive\r\nKeep-Alive: timeout=${seconds}\r\n\r\n`;
    return `Date: ${this.#host.date()}\r\n${connection}`;
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  /** Breaks the connection off: nothing of what has come is served any more. */
  destroy(): void {
    this.#isClosing = true;
    this.#ahead = [];
    this.socket.destroy();
  }

  /** The response is with the socket: what is left of the request's body goes past. */
  ended(): void {
    const request = this.#request;
    if (request === undefined) return;
    request.dropRest();
    if (this.#response?.closes === true || this.#host.isClosing) this.#finish();
    else if (request.complete) this.#next();
  }

  /** Called every `sweepMs`: closes what has waited too long. */
  sweep(): void {
    const { headMs, keepAliveMs, sweepMs } = this.#host.limits;
    if (this.#request !== undefined && !this.#isClosing) return;
    this.#idleSweeps++;
    const waitedMs = (this.#idleSweeps - 1) * sweepMs;
    if (this.#isClosing) {
      // Time for the client to read its answer and hang up too.
      if (waitedMs >= headMs) this.destroy();
    } else if (!this.#head.isEmpty) {
      if (waitedMs >= headMs) this.#refuse("headTooSlow");
    } else if (waitedMs >= keepAliveMs) this.#finish();
  }

  #take(bytes: Buffer): void {
    if (this.#isClosing) this.#countDiscarded(bytes.length);
    else if (this.#request?.complete === false) this.#takeBody(bytes);
    else if (this.#request !== undefined || this.#isStuck) this.#keepAhead(bytes);
    else this.#parse(bytes);
  }

  #keepAhead(bytes: Buffer): void {
    this.#ahead.push(bytes);
    this.#aheadBytes += bytes.length;
    if (this.#aheadBytes > this.#host.limits.aheadBytesMax) this.destroy();
  }

  /** Takes as much as there are requests in it that can be answered at once. */
  #parse(first: Buffer): void {
    let bytes: Buffer | undefined = first;
    this.#isParsing = true;
    while (bytes !== undefined && bytes.length > 0) {
      const wasEmpty = this.#head.isEmpty;
      const text = this.#head.take(bytes);
      if (wasEmpty && !this.#head.isEmpty) this.#idleSweeps = 0;
      if (text === undefined) {
        if (!this.#head.mayBegin) this.#refuse("malformed");
        break;
      }
      const behind = bytes.subarray(this.#head.taken);
      const head = text === false ? undefined : parseHead(text);
      if (text === false) this.#refuse("headTooLarge");
      else if (head === undefined) this.#refuse("malformed");
      else if (head.headerCount > this.#host.limits.headersMax) this.#refuse("headTooLarge");
      else this.#begin(head, text, behind);
      bytes = this.#takeAhead();
    }
    this.#isParsing = false;
  }

  /** What came ahead, if its turn has come. */
  #takeAhead(): Buffer | undefined {
    const [first] = this.#ahead;
    const isBusy = this.#request !== undefined || this.#isClosing || this.#isStuck;
    if (first === undefined || isBusy) return undefined;
    const all = this.#ahead.length === 1 ? first : Buffer.concat(this.#ahead);
    this.#ahead = [];
    this.#aheadBytes = 0;
    return all;
  }

  #begin(head: RequestHead, text: string, behind: Buffer): void {
    const request = new HttpRequest(head, text, this);
    const closes = !staysOpen(head);
    const response = new HttpResponse(this, request, closes);
    this.#request = request;
    this.#response = response;
    this.#chunks = head.body === "chunked" ? new ChunkDecoder() : undefined;
    this.#bodyLeft = head.body === "chunked" ? 0 : head.body;
    if (head.body === 0) request.finish();
    if (behind.length > 0) this.#take(behind);
    // The body may have been no body at all.
    if (!response.isGone && !this.#isClosing) this.#host.serve(request, response);
  }

  #takeBody(bytes: Buffer): void {
    const request = this.#request as HttpRequest;
    const taken =
      this.#chunks === undefined ? this.#takeCounted(request, bytes) : this.#takeChunks(bytes);
    if (taken < 0) {
      this.#breakBody();
      return;
    }
    if (taken < bytes.length) this.#keepAhead(bytes.subarray(taken));
    if (this.#bodyLeft === 0 && (this.#chunks?.isDone ?? true)) {
      request.finish();
      if (this.#response?.isEnded === true) this.#next();
    } else this.#slowDown(request);
  }

  #takeCounted(request: HttpRequest, bytes: Buffer): number {
    const taken = Math.min(bytes.length, this.#bodyLeft);
    this.#bodyLeft -= taken;
    this.#deliver(request, taken === bytes.length ? bytes : bytes.subarray(0, taken));
    return taken;
  }

  #takeChunks(bytes: Buffer): number {
    const request = this.#request as HttpRequest;
    return (this.#chunks as ChunkDecoder).take(bytes, (payload) => this.#deliver(request, payload));
  }

  #deliver(request: HttpRequest, bytes: Buffer): void {
    request.push(bytes);
    if (this.#response?.isEnded === true) this.#countDiscarded(bytes.length);
  }

  #slowDown(request: HttpRequest): void {
    if (request.unreadBytes > this.#host.limits.unreadBytesMax) request.pause();
  }

  /** What came as a body cannot be told from what comes behind it. */
  #breakBody(): void {
    const response = this.#response;
    this.#request?.abandon();
    if (response?.headSent === true) this.destroy();
    else this.#refuse("malformed");
    response?.abandon();
  }

  /** The next request's turn, once the client takes its answers. */
  #next(): void {
    this.#request = undefined;
    this.#response = undefined;
    this.#idleSweeps = 0;
    this.#discarded = 0;
    if (this.socket.writableNeedDrain) {
      this.#isStuck = true;
      this.socket.once("drain", () => {
        this.#isStuck = false;
        this.#parseAhead();
      });
    } else if (!this.#isParsing) this.#parseAhead();
  }

  #parseAhead(): void {
    const bytes = this.#takeAhead();
    if (bytes !== undefined) this.#parse(bytes);
  }

  /** Says why, if somebody may be listening, and hangs up. */
  #refuse(refusal: Refusal): void {
    const { line, text } = this.#host.refusalText(refusal);
    const head = `HTTP/1.1 ${line}\r\nconnection: close\r\ncontent-type: text/plain\r\n`;
    this.socket.write(`${head}content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
    this.#finish();
  }

  /**
   * No more requests. What the client still sends is read and dropped for a while: with unread
   * bytes in it a socket that closes takes the answer away from its reader.
   */
  #finish(): void {
    this.#isClosing = true;
    this.#idleSweeps = 0;
    this.#ahead = [];
    this.socket.end();
    this.socket.resume();
  }

  #countDiscarded(bytes: number): void {
    this.#discarded += bytes;
    if (this.#discarded > this.#host.limits.discardBytesMax) this.destroy();
  }

  /** The client has said that it sends no more, which is what a vanished one's system says too. */
  #leave(): void {
    if (this.#isClosing || this.#request === undefined) this.socket.end();
    else this.destroy();
  }

  #abandon(): void {
    this.#request?.abandon();
    this.#response?.abandon();
  }
}

/** HTTP/1.1 stays unless it says otherwise, HTTP/1.0 goes. */
function staysOpen({ minor, headers: { connection } }: RequestHead): boolean {
  if (connection === undefined) return minor === 1;
  const options = connection.toLowerCase().split(",");
  const says = (option: string): boolean => options.some((one) => one.trim() === option);
  return minor === 1 ? !says("close") : says("keep-alive");
}
