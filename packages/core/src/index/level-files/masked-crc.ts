import { createCRC32 } from "hash-wasm";
import type { IHasher } from "hash-wasm";

/** CRC-32C (Castagnoli), bits reversed. */
const POLYNOMIAL = 0x82f63b78;
const MASK_DELTA = 0xa282ead8;

/** LevelDB's checksum: CRC-32C, masked so that a checksum of checksums is no weak one. */
export class MaskedCrc {
  readonly #hasher: IHasher;

  private constructor(hasher: IHasher) {
    this.#hasher = hasher;
  }

  static async load(): Promise<MaskedCrc> {
    return new MaskedCrc(await createCRC32(POLYNOMIAL));
  }

  of(bytes: Uint8Array): number {
    const digest = this.#hasher.init().update(bytes).digest("binary");
    const crc = Buffer.from(digest).readUInt32BE(0);
    return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
  }
}
