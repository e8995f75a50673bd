import type { Hasher } from "../hasher.ts";
import { asBuffer, writeU53 } from "../log/bytes.ts";
import type { SegmentEntry } from "../log/manifest.ts";
import type { FileHandle } from "../platform/file-system.ts";
import { ALL_RANGES, DATA_RANGES, PARITY_RANGES } from "./parity-code.ts";
import { CHECK_BYTES, PARITY_HEADER_BYTES, blockNumber } from "./parity-layout.ts";
import type { ParityLayout } from "./parity-layout.ts";

const MAGIC = "FIRNPAR\n";
const VERSION = 1;

/** The checksums of all blocks of a segment and of its parity. */
export class ParityHead {
  readonly layout: ParityLayout;
  readonly #entry: SegmentEntry;
  readonly #hasher: Hasher;
  readonly #checks: Buffer;

  constructor(entry: SegmentEntry, layout: ParityLayout, hasher: Hasher) {
    this.#entry = entry;
    this.layout = layout;
    this.#hasher = hasher;
    this.#checks = Buffer.alloc(ALL_RANGES * layout.rows * CHECK_BYTES);
  }

  /**
   * Reads the head of a segment's parity file, from its end when the front is damaged. `undefined`
   * when neither verifies: the file is not this segment's parity, or lost its use.
   */
  static async read(
    file: FileHandle,
    segment: { readonly entry: SegmentEntry; readonly layout: ParityLayout },
    hasher: Hasher,
  ): Promise<{ readonly head: ParityHead; readonly whole: boolean } | undefined> {
    const { entry, layout } = segment;
    const { headBytes, fileBytes } = layout;
    const copies = await Promise.all([
      readHead(file, 0, headBytes),
      readHead(file, fileBytes - headBytes, headBytes),
    ]);
    const heads = copies.map((bytes) => new ParityHead(entry, layout, hasher).#adopt(bytes));
    const head = heads[0] ?? heads[1];
    return head && { head, whole: !heads.includes(undefined) };
  }

  /** Notes the checksum of a block. */
  set(range: number, row: number, bytes: Uint8Array): void {
    const number = blockNumber(this.layout, range, row);
    this.#checks.writeBigUInt64LE(this.#check(number, bytes), number * CHECK_BYTES);
  }

  /** Are these the block's bytes? */
  verifies(range: number, row: number, bytes: Uint8Array): boolean {
    const number = blockNumber(this.layout, range, row);
    return this.#checks.readBigUInt64LE(number * CHECK_BYTES) === this.#check(number, bytes);
  }

  /**
   *     0  magic   8 u32 version   12 u32 segment   16 u64 salt of the segment
   *    24  u64 bytes covered       32 u32 bytes of a range   36 u32 blocks of a range
   *    40  u8 data ranges   41 u8 parity ranges   42 zeros   56 u64 check of 0 .. 56, salted
   *    64  the checks of all blocks, range by range; their check, salted
   */
  encode(): Buffer {
    const { dataBytes, rangeBytes, rows } = this.layout;
    const header = Buffer.alloc(PARITY_HEADER_BYTES);
    header.write(MAGIC, 0, "latin1");
    header.writeUInt32LE(VERSION, 8);
    header.writeUInt32LE(this.#entry.id, 12);
    header.writeBigUInt64LE(this.#salt, 16);
    writeU53(header, dataBytes, 24);
    header.writeUInt32LE(rangeBytes, 32);
    header.writeUInt32LE(rows, 36);
    header[40] = DATA_RANGES;
    header[41] = PARITY_RANGES;
    header.writeBigUInt64LE(this.#hasher.hash(header.subarray(0, 56), this.#salt), 56);
    const check = Buffer.alloc(CHECK_BYTES);
    check.writeBigUInt64LE(this.#hasher.hash(this.#checks, this.#salt), 0);
    return Buffer.concat([header, this.#checks, check]);
  }

  #adopt(bytes: Buffer): ParityHead | undefined {
    const end = bytes.length - CHECK_BYTES;
    bytes.copy(this.#checks, 0, PARITY_HEADER_BYTES, end);
    // All of it follows from the segment and the checks.
    return this.encode().equals(bytes) ? this : undefined;
  }

  #check(number: number, bytes: Uint8Array): bigint {
    return this.#hasher.hash(bytes, BigInt.asUintN(64, this.#salt + BigInt(number)));
  }

  get #salt(): bigint {
    return BigInt(`0x${this.#entry.salt}`);
  }
}

/** A file that is too short, or sectors that cannot be read, give zeros. */
async function readHead(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  await file.read(bytes, offset).catch(() => 0);
  return asBuffer(bytes);
}
