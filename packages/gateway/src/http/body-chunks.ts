import type { BodyReader, HttpRequest } from "./http-request.ts";

/** What may wait for a slower reader before the socket is paused, in bytes: a few full reads. */
const WAITING_BYTES_MAX: number = 256 * 1024;

/** A body as a queue that one reader takes from; the socket is paused while it is full. */
export class BodyChunks implements BodyReader {
  readonly #request: HttpRequest;
  #waiting: Buffer[] = [];
  #at = 0;
  #bytes = 0;
  #state: "open" | "ended" | "broken" | "stopped" = "open";
  #wake: (() => void) | undefined;

  constructor(request: HttpRequest) {
    this.#request = request;
    request.read(this);
  }

  /** It ended before it was whole. */
  get isBroken(): boolean {
    return this.#state === "broken";
  }

  /** The next piece, if it is here. */
  take(): Buffer | undefined {
    const next = this.#waiting[this.#at];
    if (next === undefined) return undefined;
    this.#at++;
    this.#bytes -= next.length;
    if (this.#at === this.#waiting.length) {
      this.#waiting = [];
      this.#at = 0;
      this.#request.resume();
    }
    return next;
  }

  /** Waits for the next piece; `undefined` at the end. */
  async next(): Promise<Buffer | undefined> {
    while (this.#at === this.#waiting.length && this.#state === "open") {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.take();
  }

  /** Nobody takes from it any more: the rest goes past. */
  stop(): void {
    if (this.#state === "open") this.#state = "stopped";
    this.#waiting = [];
    this.#at = 0;
    this.#request.resume();
  }

  data(bytes: Buffer): void {
    if (this.#state !== "open") return;
    this.#waiting.push(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes > WAITING_BYTES_MAX) this.#request.pause();
    this.#notify();
  }

  end(): void {
    if (this.#state === "open") this.#state = "ended";
    this.#notify();
  }

  gone(): void {
    if (this.#state === "open") this.#state = "broken";
    this.#notify();
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
