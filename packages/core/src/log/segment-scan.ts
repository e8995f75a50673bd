/**
 * Reads a commit segment group by group and says where it ends. Three ends are told apart: the
 * limit was reached; the bytes stop making sense and nothing behind claims that they were durable
 * (a torn tail, to be cut); or something behind does (corruption, never cut).
 */
import type { Hasher } from "../hasher.ts";
import type { FileHandle } from "../platform/file-system.ts";
import type { Lsn, Position } from "../store-api.ts";
import { FRAME_BYTES, SEGMENT_HEADER_BYTES, decodeFrame } from "./frame.ts";
import type { Frame } from "./frame.ts";
import type { SegmentEntry } from "./manifest.ts";
import { RECORD_HEADER_BYTES, decodeRecord } from "./record.ts";
import type { RecordIdentity } from "./record.ts";
import type { LoggedRecord } from "./shard-log.ts";

/** Read-ahead: one read of the disk, and what a scan holds in memory beside the largest group. */
const WINDOW_BYTES = 1024 * 1024;

export interface ScanSource {
  readonly handle: FileHandle;
  readonly entry: SegmentEntry;
  /** Bytes of the file that may hold groups. */
  readonly limit: number;
  readonly identity: RecordIdentity;
}

export interface ScanEnd {
  /** Offset behind the last good record. */
  readonly offset: number;
  /** The last good record's LSN, or what the scan began with. */
  readonly lastLsn: Lsn;
  /** Offset of the first group that no later group calls durable. */
  readonly unclaimedFrom: number;
  /** True when the scan came to the limit, or to bytes that were never written. */
  readonly clean: boolean;
}

/**
 * Yields the records of one group at a time. `expected` is the LSN that must come first, if known.
 */
export async function* scanSegment(
  source: ScanSource,
  from: number,
  expected: Lsn | undefined,
): AsyncGenerator<LoggedRecord[], ScanEnd> {
  const seal = sealOf(source);
  const window = new Window(source.handle, source.limit);
  let offset = from;
  let next = expected;
  let unclaimed: { readonly offset: number; readonly lastLsn: Lsn }[] = [];
  const end = (at: number, clean: boolean): ScanEnd => ({
    offset: at,
    lastLsn: next === undefined ? 0 : next - 1,
    unclaimedFrom: unclaimed[0]?.offset ?? at,
    clean,
  });
  while (offset + FRAME_BYTES <= source.limit) {
    const head = await window.at(offset, FRAME_BYTES);
    const frame = decodeFrame(head, 0, seal);
    if (frame === undefined)
      return end(
        offset,
        head.every((byte) => byte === 0),
      );
    const bodyStart = offset + FRAME_BYTES;
    const bytes = Math.min(frame.bytes, source.limit - bodyStart);
    const body = await window.at(bodyStart, bytes);
    const group = decodeGroup(body, { source, bodyStart, next });
    next = group.next;
    unclaimed = unclaimed.filter(({ lastLsn }) => lastLsn > frame.durableLsn);
    if (next !== undefined) unclaimed.push({ offset, lastLsn: next - 1 });
    if (group.records.length > 0) yield group.records;
    offset = bodyStart + group.bytes;
    if (group.bytes < bytes) return end(offset, false);
  }
  return end(offset, true);
}

interface GroupContext {
  readonly source: ScanSource;
  readonly bodyStart: number;
  readonly next: Lsn | undefined;
}

/** The good records at the beginning of a group's bytes. */
function decodeGroup(
  body: Buffer,
  context: GroupContext,
): { records: LoggedRecord[]; next: Lsn | undefined; bytes: number } {
  const { source, bodyStart } = context;
  const records: LoggedRecord[] = [];
  let { next } = context;
  let at = 0;
  while (at < body.length) {
    const record = decodeRecord(body, at, source.identity);
    if (record === undefined || !follows(record.lsn, next, source.entry)) break;
    const { lsn, time, kind, flags, end } = record;
    const position = bodyPosition(source.entry, bodyStart + at);
    records.push({ lsn, time, kind, flags, position, body: record.body });
    next = lsn + 1;
    at = end;
  }
  return { records, next, bytes: Math.min(at, body.length) };
}

/** LSNs are consecutive; in a packed segment they only grow, for whole records may be gone. */
function follows(lsn: Lsn, next: Lsn | undefined, { packed }: SegmentEntry): boolean {
  if (next === undefined) return true;
  return packed === undefined ? lsn === next : lsn >= next;
}

/**
 * Where a record's body lies in the log's address space. What is left of a packed one lies in many
 * places, which it names itself; here it stands for the beginning of its segment.
 */
function bodyPosition(entry: SegmentEntry, recordOffset: number): Position {
  const offset = entry.packed === undefined ? recordOffset : SEGMENT_HEADER_BYTES + FRAME_BYTES;
  return entry.base + offset + RECORD_HEADER_BYTES;
}

/** Where the groups of a sealed segment end; `undefined` while it is not sealed. */
export function groupsEnd({ packed, sealedBytes }: SegmentEntry): number | undefined {
  return packed?.dataBytes ?? sealedBytes;
}

/** The first group at or behind `from` that calls an LSN above `lastLsn` durable. */
export async function findDurableClaim(
  source: ScanSource,
  from: number,
  lastLsn: Lsn,
): Promise<{ readonly offset: number; readonly frame: Frame } | undefined> {
  const seal = sealOf(source);
  const window = new Window(source.handle, source.limit);
  for (let at = Math.ceil(from / 8) * 8; at + FRAME_BYTES <= source.limit;) {
    const bytes = await window.at(at, Math.min(WINDOW_BYTES, source.limit - at));
    for (let i = 0; i + FRAME_BYTES <= bytes.length; i += 8) {
      const frame = decodeFrame(bytes, i, seal);
      if (frame !== undefined && frame.durableLsn > lastLsn) return { offset: at + i, frame };
    }
    if (bytes.length < WINDOW_BYTES) return undefined;
    at += WINDOW_BYTES - FRAME_BYTES;
  }
  return undefined;
}

function sealOf(source: ScanSource): { salt: bigint; hasher: Hasher } {
  return { salt: BigInt(`0x${source.entry.salt}`), hasher: source.identity.hasher };
}

/** A file read forwards through a buffer; what it hands out stays valid. */
export class Window {
  readonly #handle: FileHandle;
  readonly #limit: number;
  #start = 0;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(handle: FileHandle, limit: number) {
    this.#handle = handle;
    this.#limit = limit;
  }

  /** What is in the buffer already; `undefined` when it must be read. */
  held(offset: number, length: number): Buffer | undefined {
    const from = offset - this.#start;
    const inside = from >= 0 && from + length <= this.#bytes.length;
    return inside ? this.#bytes.subarray(from, from + length) : undefined;
  }

  async at(offset: number, length: number): Promise<Buffer> {
    const inside = offset >= this.#start && offset + length <= this.#start + this.#bytes.length;
    if (!inside) {
      const size = Math.min(Math.max(length, WINDOW_BYTES), this.#limit - offset);
      const fresh = Buffer.allocUnsafe(size);
      const count = await this.#handle.read(fresh, offset);
      fresh.fill(0, count);
      this.#start = offset;
      this.#bytes = fresh;
    }
    const from = offset - this.#start;
    return this.#bytes.subarray(from, from + length);
  }
}
