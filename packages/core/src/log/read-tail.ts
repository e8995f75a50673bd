import { coreError } from "../errors.ts";
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

/**
 * Verified records from `from` on, up to `end`: what had been appended when the call was made. From
 * a position on that is no longer one of a group, there is nothing.
 * @throws FIRN_RECORD_CORRUPT behind the last good record before a bad one: what follows it must
 *   not be taken for all there is.
 */
export async function* readTail(
  source: TailSource,
  from: TailStart,
  end: Position,
): AsyncIterableIterator<LoggedRecord> {
  const { files, identity } = source;
  const entries = [...files.entries];
  for (const entry of entries.slice(await startOf(source, entries, from))) {
    const sealed = groupsEnd(entry);
    const limit = Math.min(sealed ?? entry.capacity, end - entry.base);
    if (limit <= SEGMENT_HEADER_BYTES) continue;
    const offset =
      "position" in from && entry.packed === undefined
        ? Math.max(from.position - entry.base, SEGMENT_HEADER_BYTES)
        : SEGMENT_HEADER_BYTES;
    const { handle, release } = await files.borrow(entry);
    try {
      const scan = scanSegment({ handle, entry, limit, identity }, offset, undefined);
      let step = await scan.next();
      for (; step.done !== true; step = await scan.next()) yield* step.value;
      // Of one that is full and not sealed yet, nobody has said where its groups end.
      const isKnown = sealed !== undefined || limit < entry.capacity || !step.value.clean;
      const isWhole = step.value.offset >= limit || !isKnown;
      if (!isWhole && offset === SEGMENT_HEADER_BYTES) throw badRecord(entry, step.value.offset);
    } finally {
      release();
    }
  }
}

function badRecord({ id: segment }: SegmentEntry, offset: number): Error {
  const message = `the log has a bad record in segment ${segment}, offset ${offset}`;
  return coreError("FIRN_RECORD_CORRUPT", message, { detail: { segment, offset } });
}

/** Index of the last segment that begins at or before `from`: nothing earlier is asked for. */
async function startOf(
  source: TailSource,
  entries: readonly SegmentEntry[],
  from: TailStart,
): Promise<number> {
  if ("position" in from) {
    const at = entries.findIndex(({ base, capacity }) => base + capacity > from.position);
    return at < 0 ? entries.length : at;
  }
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    // Segments may hold nothing: the next one that does answers for them.
    let probe = middle;
    let later: boolean | undefined;
    while (probe < high && later === undefined) {
      later = await beginsBehind(source, entries[probe++] as SegmentEntry, from);
    }
    if (later === false) low = probe;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

/** Does its first record come after what is asked for? `undefined` while it holds none. */
async function beginsBehind(
  source: TailSource,
  entry: SegmentEntry,
  from: { readonly lsn: Lsn } | { readonly time: number },
): Promise<boolean | undefined> {
  if ("time" in from) {
    const first = await firstRecord(source, entry);
    return first && first.time > from.time;
  }
  const first = await firstLsnOf(source, entry);
  return first === undefined ? undefined : first > from.lsn;
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

async function firstRecord(
  { files, identity }: TailSource,
  entry: SegmentEntry,
): Promise<LoggedRecord | undefined> {
  return files.with(entry, async (handle) => {
    const limit = groupsEnd(entry) ?? entry.capacity;
    const scan = scanSegment({ handle, entry, limit, identity }, SEGMENT_HEADER_BYTES, undefined);
    const step = await scan.next();
    return step.done === true ? undefined : step.value[0];
  });
}
