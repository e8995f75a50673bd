/*
 * A stored block: 8 bytes of checksum, then 4096 bytes. In an encrypted store the eight are the tag
 * of the block's seal, and the bytes sealed; what follows is said of a plain one.
 *
 * The checksum is the store's xxhash64 of the bytes (which includes the store's identity), its low
 * word XORed with the block's number and its high word with the lineage's salt. It catches rot and
 * torn bytes; a block that belongs elsewhere in the volume (always: the XOR is one to one over
 * 2^32 blocks); a block of another lineage or store (but for one chance in 2^32). It cannot
 * tell an older version of the same block of the same lineage from the newest: snapshots and
 * clones share units, so neither the version nor the time may enter. That the map points at the
 * newest is the business of the log's order and of the map's own checks.
 */
import type { RecordStream, Store } from "@firn/core";
import { BLOCK_BYTES, CHECKSUM_BYTES, UNIT_BYTES } from "./constants.ts";

export interface BlockSealHome {
  readonly store: Store;
  readonly stream: Pick<RecordStream, "sealer">;
  readonly salt: number;
}

/** A block as its unit holds it. */
export interface PlacedBlock {
  readonly number: number;
  /** Of its unit in the log. */
  readonly position: number;
}

/** Seals and checks the blocks of one lineage. */
export class BlockSeal {
  readonly #store: Store;
  readonly #sealer: RecordStream["sealer"];
  readonly #salt: number;
  readonly #hash = new BigUint64Array(1);
  readonly #words = new Uint32Array(this.#hash.buffer);

  constructor({ store, stream, salt }: BlockSealHome) {
    this.#store = store;
    this.#sealer = stream.sealer;
    this.#salt = salt;
  }

  /**
   * Writes the checksum of `block`, the block of that number, into `view` at `at`.
   * @returns the bytes that follow it in the unit.
   */
  seal(block: Uint8Array, number: number, into: { view: DataView; at: number }): Uint8Array {
    if (this.#sealer !== undefined) {
      const { tag, bytes } = this.#sealer.seal(number, block);
      const { buffer, byteOffset } = into.view;
      new Uint8Array(buffer, byteOffset + into.at, CHECKSUM_BYTES).set(tag);
      return bytes;
    }
    this.#hash[0] = this.#store.checksum(block);
    into.view.setUint32(into.at, ((this.#words[0] as number) ^ number) >>> 0, true);
    into.view.setUint32(into.at + 4, this.#high(number), true);
    return block;
  }

  /** The bytes of the block in the unit at `at`, or `undefined` when they fail their checksum. */
  open(units: Uint8Array, at: number, { number, position }: PlacedBlock): Uint8Array | undefined {
    const block = units.subarray(at + CHECKSUM_BYTES, at + UNIT_BYTES);
    if (block.length !== BLOCK_BYTES) return undefined;
    if (this.#sealer !== undefined && position >= this.#sealer.from) {
      const tag = units.subarray(at, at + CHECKSUM_BYTES);
      return this.#sealer.open(number, { tag, bytes: block });
    }
    this.#hash[0] = this.#store.checksum(block);
    const low = ((this.#words[0] as number) ^ number) >>> 0;
    const same = low === readWord(units, at) && this.#high(number) === readWord(units, at + 4);
    return same ? block : undefined;
  }

  #high(number: number): number {
    const above = Math.floor(number / 2 ** 32);
    return ((this.#words[1] as number) ^ this.#salt ^ above) >>> 0;
  }
}

const zeroBlock: Buffer = Buffer.alloc(BLOCK_BYTES);

/** Whether the block at `at` holds zeroes only. Most blocks tell by their first bytes. */
export function isZeroBlock(bytes: Uint8Array, at: number): boolean {
  if (bytes[at] !== 0 || bytes[at + 2047] !== 0 || bytes[at + BLOCK_BYTES - 1] !== 0) return false;
  return zeroBlock.compare(bytes, at, at + BLOCK_BYTES) === 0;
}

function readWord(bytes: Uint8Array, at: number): number {
  const low = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
  return (low | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24)) >>> 0;
}
