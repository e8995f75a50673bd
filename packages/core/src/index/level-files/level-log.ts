/**
 * LevelDB's log format, which its log files and its MANIFEST have: blocks of 32 KiB with records of
 * `u32 masked crc of type and payload, u16 length, u8 type`, whole or in pieces.
 */
import type { MaskedCrc } from "./masked-crc.ts";

const BLOCK_BYTES: number = 32 * 1024;
const HEADER_BYTES = 7;
const FULL = 1;
const LAST = 4;

export interface LevelFault {
  readonly offset: number;
  readonly what: string;
}

export interface LevelLog {
  readonly records: readonly Buffer[];
  readonly faults: readonly LevelFault[];
}

/** Reads every record. Bytes that a write under way has not finished are no fault. */
export function readLevelLog(bytes: Buffer, crc: MaskedCrc): LevelLog {
  const records: Buffer[] = [];
  const faults: LevelFault[] = [];
  let payloads: Buffer[] = [];
  for (const piece of readPieces(bytes, crc)) {
    if ("what" in piece) {
      faults.push(piece);
      continue;
    }
    payloads.push(piece.payload);
    if (piece.type !== FULL && piece.type !== LAST) continue;
    records.push(Buffer.concat(payloads));
    payloads = [];
  }
  return { records, faults };
}

function* readPieces(bytes: Buffer, crc: MaskedCrc): Generator<Piece> {
  for (let start = 0; start < bytes.length; start += BLOCK_BYTES) {
    for (const piece of readBlock(bytes.subarray(start, start + BLOCK_BYTES), crc)) {
      yield "what" in piece ? { ...piece, offset: start + piece.offset } : piece;
    }
  }
}

type Piece = { readonly type: number; readonly payload: Buffer } | LevelFault;

function* readBlock(block: Buffer, crc: MaskedCrc): Generator<Piece> {
  let at = 0;
  while (at + HEADER_BYTES <= block.length) {
    const length = block.readUInt16LE(at + 4);
    const type = block[at + 6] as number;
    if (type === 0 && length === 0 && block.readUInt32LE(at) === 0) break;
    const end = at + HEADER_BYTES + length;
    const check = block.readUInt32LE(at);
    if (end > block.length) {
      const unfinished = block.length < BLOCK_BYTES && !hidesRecords(block, at, crc);
      if (!unfinished) yield { offset: at, what: "a record leaves its block" };
      return;
    }
    if (crc.of(block.subarray(at + 6, end)) !== check) {
      yield { offset: at, what: "a record fails its checksum" };
      return;
    }
    yield { type, payload: block.subarray(at + HEADER_BYTES, end) };
    at = end;
  }
  const rest = block.subarray(at);
  const changed = rest.findIndex((byte) => byte !== 0);
  const isTrailer = block.length === BLOCK_BYTES && rest.length < HEADER_BYTES;
  if (changed < 0 || (!isTrailer && rest.length < HEADER_BYTES)) return;
  yield { offset: at + changed, what: "bytes that should be zeros are not" };
}

/**
 * A record that ends behind the file is one that was not finished, or one whose length is wrong:
 * then the rest of the file verifies as its bytes, or holds the records that follow it.
 */
function hidesRecords(block: Buffer, at: number, crc: MaskedCrc): boolean {
  if (crc.of(block.subarray(at + 6)) === block.readUInt32LE(at)) return true;
  for (let next = at + HEADER_BYTES; next + HEADER_BYTES <= block.length; next++) {
    const type = block[next + 6] as number;
    const end = next + HEADER_BYTES + block.readUInt16LE(next + 4);
    if (type < FULL || type > LAST || end > block.length) continue;
    if (crc.of(block.subarray(next + 6, end)) === block.readUInt32LE(next)) return true;
  }
  return false;
}
