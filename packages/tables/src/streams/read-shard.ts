import type { Entry, ReadView } from "@firn/core";
import {
  STREAM_FETCH_ENTRIES,
  STREAM_PAGE_BYTES_MAX,
  STREAM_PAGE_RECORDS_MAX,
} from "../constants.ts";
import type { ChangeRecord, StreamPosition } from "./change-record.ts";
import { changeKey, decodeChange } from "./change-record.ts";
import type { StreamShard } from "./stream-entry.ts";

const ORDINAL_MAX = 0xffff;

export interface ShardPage {
  readonly records: readonly ChangeRecord[];
  /** Nothing lies behind them, as of the view. */
  readonly atEnd: boolean;
}

/** Records of a shard from a position on, in order: up to `limit`, and about 1 MB. */
export async function readShard(
  view: ReadView,
  shard: StreamShard,
  { from, limit }: { readonly from: StreamPosition; readonly limit: number },
): Promise<ShardPage> {
  const { space } = shard.generation;
  const end = endOf(shard);
  const records: ChangeRecord[] = [];
  let start: { gte: Uint8Array } | { gt: Uint8Array } = { gte: changeKey(shard.index, from) };
  let bytes = 0;
  for (;;) {
    const count = Math.min(limit - records.length, countWithin(bytes, records.length));
    const entries = await view.page(space, { ...start, lte: end, limit: count });
    for (const { key, value } of entries) {
      // The first is answered however large it is.
      if (records.length > 0 && bytes + value.length > STREAM_PAGE_BYTES_MAX) {
        return { records, atEnd: false };
      }
      bytes += value.length;
      records.push(decodeChange(key, value));
    }
    if (entries.length < count) return { records, atEnd: true };
    if (records.length >= limit) return { records, atEnd: false };
    start = { gt: (entries.at(-1) as Entry).key };
  }
}

/** How many more to fetch at once: as many as fit if they are as large as those so far. */
function countWithin(bytes: number, count: number): number {
  if (count === 0) return STREAM_FETCH_ENTRIES;
  const fitting = Math.ceil((STREAM_PAGE_BYTES_MAX - bytes) / (bytes / count));
  return Math.max(1, Math.min(fitting, STREAM_PAGE_RECORDS_MAX));
}

/** The last place of a shard. */
function endOf(shard: StreamShard): Uint8Array {
  return changeKey(shard.index, { lsn: Number.MAX_SAFE_INTEGER, ordinal: ORDINAL_MAX });
}

/**
 * The first position of a shard whose record is younger than the horizon: what lies before it is
 * trimmed. Times only grow along a shard, so it is searched for, not walked to.
 */
export async function trimHorizon(
  view: ReadView,
  shard: StreamShard,
  horizonMs: number,
): Promise<StreamPosition> {
  const { space, startLsn, startMs } = shard.generation;
  const first = { lsn: startLsn, ordinal: 0 };
  if (startMs > horizonMs) return first;
  let low = startLsn;
  let high = shard.endLsn ?? view.lsn + 1;
  while (low < high) {
    const middle = low + Math.floor((high - low) / 2);
    const from = { gte: changeKey(shard.index, { lsn: middle, ordinal: 0 }) };
    const [entry] = await view.page(space, { ...from, lte: endOf(shard), limit: 1 });
    const record = entry === undefined ? undefined : decodeChange(entry.key, entry.value);
    if (record === undefined || record.timeMs > horizonMs) high = middle;
    else low = record.lsn + 1;
  }
  return { lsn: low, ordinal: 0 };
}

/** Whether there was anything between a position and the horizon. */
export async function isTrimmed(
  view: ReadView,
  shard: StreamShard,
  { from, horizon }: { readonly from: StreamPosition; readonly horizon: StreamPosition },
): Promise<boolean> {
  if (from.lsn >= horizon.lsn) return false;
  const range = { gte: changeKey(shard.index, from), lt: changeKey(shard.index, horizon) };
  const entries = await view.page(shard.generation.space, { ...range, limit: 1 });
  return entries.length > 0;
}
