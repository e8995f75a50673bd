import type { KeySpaceId, Lsn } from "@firn/core";
import type { KeySchema, Scope } from "../catalog/table-record.ts";
import type { PolicyRecord } from "../policies/policy-record.ts";
import { STREAM_SHARDS } from "../constants.ts";

/** What a stream's records show of an item. */
export type StreamViewType = "KEYS_ONLY" | "NEW_IMAGE" | "OLD_IMAGE" | "NEW_AND_OLD_IMAGES";

/**
 * A stretch of a stream's life with a key space of its own: what is older than the retention goes
 * with its space, in O(1). Each has as many shards as the others, by hash of the partition key.
 */
export interface StreamGeneration {
  readonly space: KeySpaceId;
  /** Every record of it has a higher LSN, and the generation before it only lower ones. */
  readonly startLsn: Lsn;
  readonly startMs: number;
}

/** A stream as its catalog keeps it; it outlives its table by the retention. */
export interface StreamEntry {
  readonly arn: string;
  /** When it was made, as the service writes it: `2026-11-24T11:41:59.123`. */
  readonly label: string;
  readonly scope: Scope;
  readonly tableName: string;
  readonly tableId: string;
  readonly key: KeySchema;
  readonly viewType: StreamViewType;
  readonly createdMs: number;
  readonly createdLsn: Lsn;
  /** Oldest first; only those that may hold records which are still kept. */
  readonly generations: readonly StreamGeneration[];
  readonly policy?: PolicyRecord | undefined;
  /** Set when the stream was disabled, or its table deleted. */
  readonly closed?: { readonly lsn: Lsn; readonly ms: number } | undefined;
}

/** A part of a stream: records of one generation whose partition keys hash alike. */
export interface StreamShard {
  readonly id: string;
  readonly parentId: string | undefined;
  readonly generation: StreamGeneration;
  /** 0 to `STREAM_SHARDS` - 1. */
  readonly index: number;
  /** Where it ended: every record has a lower LSN. `undefined` while it is open. */
  readonly endLsn: Lsn | undefined;
}

/** The shards that still may hold records at that time, parents first. */
export function shardsOf(entry: StreamEntry, horizonMs: number): StreamShard[] {
  const shards: StreamShard[] = [];
  const kept = keptGenerations(entry, horizonMs);
  kept.forEach((generation, i) => {
    const parent = kept[i - 1];
    const endLsn = kept[i + 1]?.startLsn ?? entry.closed?.lsn;
    for (let index = 0; index < STREAM_SHARDS; index++) {
      const parentId = parent === undefined ? undefined : shardId(parent, index);
      shards.push({ id: shardId(generation, index), parentId, generation, index, endLsn });
    }
  });
  return shards;
}

/** The generations with anything younger than the horizon; none of a stream that is gone. */
export function keptGenerations(entry: StreamEntry, horizonMs: number): StreamGeneration[] {
  return entry.generations.filter((_, i) => {
    const endMs = entry.generations[i + 1]?.startMs ?? entry.closed?.ms;
    return endMs === undefined || endMs > horizonMs;
  });
}

/** In the service's form: time, then what tells it from its neighbours. They sort by time. */
function shardId({ startMs, startLsn }: StreamGeneration, index: number): string {
  const time = String(startMs).padStart(20, "0");
  const tail = ((startLsn % 0x100_0000) * 0x100 + index).toString(16).padStart(8, "0");
  return `shardId-${time}-${tail}`;
}
