/**
 * Walks through a sealed segment by its records' tables: no value is looked at, so that a record
 * that nobody needs any more costs next to nothing.
 */
import { FRAME_BYTES, SEGMENT_HEADER_BYTES, decodeFrame } from "./frame.ts";
import { saltOf } from "./packed-file.ts";
import { RECORD_HEADER_BYTES, peekRecord } from "./record.ts";
import type { PeekedRecord } from "./record.ts";
import { Window } from "./segment-scan.ts";
import type { ScanSource } from "./segment-scan.ts";

/** Where `covered` lies in a record's header. */
const COVERED_AT = 12;

/** Called for each record in order, with its offset in the file; may wait, and may end the walk. */
export type VisitTable = (record: PeekedRecord, offset: number) => Promise<void> | "stop" | void;

/** Returns the offset behind the last good record: the source's limit when all of it verifies. */
export async function scanTables(source: ScanSource, visit: VisitTable): Promise<number> {
  const { handle, limit, identity, entry } = source;
  const seal = { salt: saltOf(entry), hasher: identity.hasher };
  const window = new Window(handle, limit);
  let offset = SEGMENT_HEADER_BYTES;
  let last = 0;
  while (offset + FRAME_BYTES <= limit) {
    const frame = decodeFrame(await window.at(offset, FRAME_BYTES), 0, seal);
    const end = offset + FRAME_BYTES + (frame?.bytes ?? Infinity);
    if (end > limit) return offset;
    for (let at = offset + FRAME_BYTES; at < end;) {
      const record = await peekAt(window, at, { end, source });
      if (record === undefined || !follows(record.lsn, last, source)) return at;
      last = record.lsn;
      const visiting = visit(record, at);
      if (visiting === "stop") return at;
      if (visiting !== undefined) await visiting;
      at += record.end;
    }
    offset = end;
  }
  return offset;
}

/** The record at an offset; `undefined` when there is none that ends before `end`. */
async function peekAt(
  window: Window,
  at: number,
  { end, source }: { readonly end: number; readonly source: ScanSource },
): Promise<PeekedRecord | undefined> {
  if (at + RECORD_HEADER_BYTES > end) return undefined;
  const head = window.held(at, RECORD_HEADER_BYTES) ?? (await window.at(at, RECORD_HEADER_BYTES));
  const bytes = RECORD_HEADER_BYTES + head.readUInt32LE(COVERED_AT);
  if (at + bytes > end) return undefined;
  const table = window.held(at, bytes) ?? (await window.at(at, bytes));
  const record = peekRecord(table, 0, source.identity);
  return record !== undefined && at + record.end <= end ? record : undefined;
}

/** LSNs are consecutive; in a packed segment they only grow, for whole records may be gone. */
function follows(lsn: number, last: number, { entry }: ScanSource): boolean {
  return last === 0 || (entry.packed === undefined ? lsn === last + 1 : lsn > last);
}
