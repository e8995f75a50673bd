import type { ReadView } from "@firn/core";
import { CONSUMER_BATCH_RECORDS, STREAM_SHARDS } from "../constants.ts";
import type { EngineContext } from "../engine/engine-context.ts";
import type { ChangeRecord, StreamPosition } from "./change-record.ts";
import type { ShardPage } from "./read-shard.ts";
import { isTrimmed, readShard, trimHorizon } from "./read-shard.ts";
import { recordOf } from "./record-of.ts";
import type { StreamEntry, StreamShard } from "./stream-entry.ts";
import { shardsOf } from "./stream-entry.ts";
import type { StreamRecord } from "./stream-requests.ts";

/** Records of all streams of a table together, in the order of commits. */
export interface StreamPage {
  readonly records: readonly StreamRecord[];
  /** Where to read on. */
  readonly next: StreamPosition;
  /** There was nothing more, as of the view. */
  readonly atEnd: boolean;
  /** Records before these were kept for a day, and may be gone unread. */
  readonly missed: boolean;
}

/**
 * Reads on from a position. LSNs are the store's: a position holds across shards, their children,
 * and the streams that a table has one after the other.
 */
export async function readStreams(
  { streams, scope }: EngineContext,
  view: ReadView,
  from: {
    readonly tableName: string;
    readonly position: StreamPosition;
    readonly horizonMs: number;
  },
): Promise<StreamPage> {
  const { tableName, position, horizonMs } = from;
  let missed = false;
  for await (const entry of streams.list(view, { scope, tableName })) {
    const shards = shardsOf(entry, horizonMs);
    missed ||= await mayMiss(view, entry, { ...from, shards });
    for (let i = 0; i < shards.length; i += STREAM_SHARDS) {
      const generation = shards.slice(i, i + STREAM_SHARDS);
      const endLsn = generation[0]?.endLsn;
      if (endLsn !== undefined && endLsn <= position.lsn) continue;
      const records = await readGeneration(view, generation, position);
      const kept = records.filter(({ timeMs }) => timeMs > horizonMs);
      const last = records.at(-1);
      if (last === undefined) continue;
      const next = { lsn: last.lsn, ordinal: last.ordinal + 1 };
      const shown = kept.map((record) => recordOf(entry, record));
      return { records: shown, next, atEnd: false, missed };
    }
  }
  const lsn = Math.max(position.lsn, view.lsn + 1);
  return { records: [], next: { lsn, ordinal: 0 }, atEnd: true, missed };
}

interface Reader {
  readonly position: StreamPosition;
  readonly horizonMs: number;
  readonly shards: readonly StreamShard[];
}

/** Whether anything behind the reader's position is too old, or has been. */
async function mayMiss(
  view: ReadView,
  entry: StreamEntry,
  { position, horizonMs, shards }: Reader,
): Promise<boolean> {
  const oldest = shards[0]?.generation;
  if (position.lsn === 0 || oldest === undefined) return false;
  const { startLsn } = oldest;
  if (startLsn > entry.createdLsn && position.lsn < startLsn) return true;
  for (const shard of shards) {
    if (shard.generation.startMs > horizonMs) continue;
    const horizon = await trimHorizon(view, shard, horizonMs);
    if (await isTrimmed(view, shard, { from: position, horizon })) return true;
  }
  return false;
}

/** The next records of the shards of one generation, merged. */
async function readGeneration(
  view: ReadView,
  shards: readonly StreamShard[],
  from: StreamPosition,
): Promise<ChangeRecord[]> {
  const limit = CONSUMER_BATCH_RECORDS;
  const pages: ShardPage[] = [];
  for (const shard of shards) pages.push(await readShard(view, shard, { from, limit }));
  // Beyond the last record of a page that goes on, other shards must wait for that one's next.
  const ends = pages.filter(({ atEnd }) => !atEnd).map(({ records }) => records.at(-1));
  const merged = pages.flatMap(({ records }) => records).sort(compare);
  const complete = merged.filter((record) =>
    ends.every((end) => end === undefined || compare(record, end) <= 0),
  );
  return complete.slice(0, limit);
}

function compare(left: StreamPosition, right: StreamPosition): number {
  return left.lsn - right.lsn || left.ordinal - right.ordinal;
}
