import type { Lsn, Position } from "../store-api.ts";
import { FRAME_BYTES, SEGMENT_HEADER_BYTES, decodeFrame } from "./frame.ts";
import type { SegmentEntry } from "./manifest.ts";
import type { RecordIdentity } from "./record.ts";
import type { SegmentFiles } from "./segment-files.ts";
import { groupsEnd, scanSegment } from "./segment-scan.ts";
import type { LoggedRecord, TailStart } from "./shard-log.ts";

export interface TailSource {
  readonly files: SegmentFiles;
  readonly identity: RecordIdentity;
}

/** Verified records from `from` on, up to `end`: what had been appended when the call was made. */
export async function* readTail(
  source: TailSource,
  from: TailStart,
  end: Position,
): AsyncIterableIterator<LoggedRecord> {
  const { files, identity } = source;
  const entries = [...files.entries];
  for (const [index, entry] of entries.entries()) {
    if (await endsBefore(source, { entry, next: entries[index + 1] }, from)) continue;
    const limit = Math.min(groupsEnd(entry) ?? entry.capacity, end - entry.base);
    if (limit <= SEGMENT_HEADER_BYTES) continue;
    const offset =
      "position" in from && entry.packed === undefined
        ? Math.max(from.position - entry.base, SEGMENT_HEADER_BYTES)
        : SEGMENT_HEADER_BYTES;
    const { handle, release } = await files.borrow(entry);
    try {
      const scan = scanSegment({ handle, entry, limit, identity }, offset, undefined);
      for await (const group of scan) yield* group;
    } finally {
      release();
    }
  }
}

/** True when everything that is asked for lies in later segments. */
async function endsBefore(
  source: TailSource,
  place: { readonly entry: SegmentEntry; readonly next: SegmentEntry | undefined },
  from: TailStart,
): Promise<boolean> {
  const { entry, next } = place;
  if ("position" in from) return entry.base + entry.capacity <= from.position;
  const first = next === undefined ? undefined : await firstLsnOf(source, next);
  return first !== undefined && first <= from.lsn;
}

/** The first LSN of a segment; `undefined` while it holds no group. */
export async function firstLsnOf(
  source: TailSource,
  entry: SegmentEntry,
): Promise<Lsn | undefined> {
  if (entry.packed !== undefined) return entry.packed.firstLsn;
  const bytes = await source.files.read(entry.base + SEGMENT_HEADER_BYTES, FRAME_BYTES);
  const seal = { salt: BigInt(`0x${entry.salt}`), hasher: source.identity.hasher };
  return decodeFrame(Buffer.from(bytes), 0, seal)?.firstLsn;
}
