/**
 * LevelDB's tables (.ldb): blocks, each followed by a byte for its compression and a masked crc of
 * both; an index block that names them; a footer of 48 bytes that names the index block.
 */
import { ByteCursor } from "./byte-cursor.ts";
import type { LevelFault } from "./level-log.ts";
import type { MaskedCrc } from "./masked-crc.ts";
import { decompressSnappy } from "./snappy.ts";

const FOOTER_BYTES = 48;
const MAGIC_BYTES = 8;
const MAGIC = 0xdb4775248b80fb57n;
const TRAILER_BYTES = 5;
const SNAPPY = 1;

interface Handle {
  readonly offset: number;
  readonly size: number;
}

/** Verifies every byte of a table. */
export function verifyLevelTable(file: Buffer, crc: MaskedCrc): LevelFault[] {
  const faults: LevelFault[] = [];
  try {
    const covered = [...blocksOf(file, crc, faults)].sort((a, b) => a.offset - b.offset);
    let end = 0;
    for (const { offset, size } of covered) {
      if (offset !== end) faults.push({ offset: end, what: "no block is named at this place" });
      end = offset + size + TRAILER_BYTES;
    }
    const footer = file.length - FOOTER_BYTES;
    if (end !== footer && faults.length === 0) {
      faults.push({ offset: end, what: "the blocks do not end where the footer begins" });
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    faults.push({ offset: 0, what: `the table cannot be read (${error.message})` });
  }
  return faults;
}

function* blocksOf(file: Buffer, crc: MaskedCrc, faults: LevelFault[]): Generator<Handle> {
  const footer = file.length - FOOTER_BYTES;
  if (footer < 0) throw new RangeError("it is too short");
  if (file.readBigUInt64LE(file.length - MAGIC_BYTES) !== MAGIC) {
    faults.push({ offset: file.length - MAGIC_BYTES, what: "the footer does not end as one" });
  }
  const cursor = new ByteCursor(file.subarray(0, file.length - MAGIC_BYTES), footer);
  const meta = readHandle(cursor);
  const index = readHandle(cursor);
  while (!cursor.done) {
    const { offset } = cursor;
    if (cursor.byte() !== 0) faults.push({ offset, what: "the footer's padding has changed" });
  }
  for (const directory of [meta, index]) {
    yield directory;
    const block = readBlock(file, directory, crc);
    if (block === undefined) {
      faults.push({ offset: directory.offset, what: "a block of names fails its checksum" });
      continue;
    }
    for (const named of namesIn(block)) {
      yield named;
      if (blockVerifies(file, named, crc)) continue;
      faults.push({ offset: named.offset, what: "a block fails its checksum" });
    }
  }
}

function readHandle(cursor: ByteCursor): Handle {
  return { offset: cursor.varint(), size: cursor.varint() };
}

function blockVerifies(file: Buffer, { offset, size }: Handle, crc: MaskedCrc): boolean {
  const end = offset + size + 1;
  if (end + 4 > file.length) return false;
  return crc.of(file.subarray(offset, end)) === file.readUInt32LE(end);
}

function readBlock(file: Buffer, handle: Handle, crc: MaskedCrc): Buffer | undefined {
  if (!blockVerifies(file, handle, crc)) return undefined;
  const end = handle.offset + handle.size;
  const bytes = file.subarray(handle.offset, end);
  return file[end] === SNAPPY ? decompressSnappy(bytes) : bytes;
}

/** The handles that a block of names has as its values; keys do not matter here. */
function* namesIn(block: Buffer): Generator<Handle> {
  const restarts = block.readUInt32LE(block.length - 4);
  const entries = new ByteCursor(block.subarray(0, block.length - 4 - restarts * 4));
  while (!entries.done) {
    entries.varint();
    const keyBytes = entries.varint();
    const valueBytes = entries.varint();
    entries.take(keyBytes);
    yield readHandle(new ByteCursor(entries.take(valueBytes)));
  }
}
