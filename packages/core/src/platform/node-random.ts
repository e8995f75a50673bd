import { randomBytes } from "node:crypto";
import type { Random } from "./random.ts";

/** Drawn at once: one call for 4 KiB takes as long as one for 16 bytes. */
const POOL_BYTES = 4096;
/** Longer draws go past the pool. */
const POOLED_BYTES_MAX = 64;

/** The operating system's source: unpredictable, fit for keys. */
export class NodeRandom implements Random {
  #pool: Buffer = Buffer.alloc(0);
  #at = 0;

  /** A copy: what has been handed out is wiped from the pool, and never handed out again. */
  bytes(length: number): Uint8Array {
    if (length > POOLED_BYTES_MAX) return randomBytes(length);
    if (this.#at + length > this.#pool.length) {
      this.#pool = randomBytes(POOL_BYTES);
      this.#at = 0;
    }
    const end = this.#at + length;
    const drawn = Uint8Array.from(this.#pool.subarray(this.#at, end));
    this.#pool.fill(0, this.#at, end);
    this.#at = end;
    return drawn;
  }

  float(): number {
    return randomBytes(6).readUIntBE(0, 6) / 2 ** 48;
  }
}
