import type { Hasher } from "../hasher.ts";

/** Bytes of one link of the chain, and of one read of a file. */
export const CHECK_PIECE_BYTES: number = 1024 * 1024;

/**
 * The checksum of a file of any length: each MiB is hashed with the hash of what comes before it as
 * seed, the first one with the file's length. One pass, whatever the pieces are cut into.
 */
export class CheckStream {
  readonly #hasher: Hasher;
  #check: bigint;
  #held: Uint8Array[] = [];
  #heldBytes = 0;

  constructor(hasher: Hasher, fileBytes: number) {
    this.#hasher = hasher;
    this.#check = BigInt(fileBytes);
  }

  add(bytes: Uint8Array): void {
    let rest = bytes;
    while (rest.length > 0) {
      const part = rest.subarray(0, CHECK_PIECE_BYTES - this.#heldBytes);
      this.#held.push(part);
      this.#heldBytes += part.length;
      rest = rest.subarray(part.length);
      if (this.#heldBytes === CHECK_PIECE_BYTES) this.#link();
    }
  }

  /** 16 hex digits. */
  end(): string {
    if (this.#heldBytes > 0) this.#link();
    return this.#check.toString(16).padStart(16, "0");
  }

  #link(): void {
    const [first] = this.#held;
    const whole = this.#held.length === 1 ? (first as Uint8Array) : Buffer.concat(this.#held);
    this.#check = this.#hasher.hash(whole, this.#check);
    this.#held = [];
    this.#heldBytes = 0;
  }
}

/** Passes the bytes on, and lets the check see them. */
export async function* checked(
  body: AsyncIterable<Uint8Array>,
  check: CheckStream,
): AsyncGenerator<Uint8Array> {
  for await (const bytes of body) {
    check.add(bytes);
    yield bytes;
  }
}
