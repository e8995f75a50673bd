import { STREAM_ITERATOR_MS } from "../constants.ts";
import { invalid, tableError } from "../errors.ts";
import type { StreamPosition } from "./change-record.ts";

/** Where in which shard to read on. */
export interface ShardIterator {
  readonly streamArn: string;
  readonly shardId: string;
  /** The first record to read, or the place behind the last one. */
  readonly from: StreamPosition;
}

/*
 * On the wire: the stream's ARN, a version, and the rest in base64, as the service's look. It holds
 * nothing secret: one that somebody made up reads what its maker may read anyway.
 */
const VERSION = "1";

export function encodeIterator(iterator: ShardIterator, nowMs: number): string {
  const { streamArn, shardId, from } = iterator;
  const rest = JSON.stringify([shardId, from.lsn, from.ordinal, nowMs]);
  return `${streamArn}|${VERSION}|${Buffer.from(rest).toString("base64")}`;
}

/** @throws FIRN_TABLE_REQUEST_INVALID, FIRN_TABLE_ITERATOR_EXPIRED after 15 minutes. */
export function decodeIterator(text: string, nowMs: number): ShardIterator {
  const [streamArn = "", version, rest = ""] = text.split("|");
  const parts = version === VERSION ? partsOf(rest) : undefined;
  if (parts === undefined) throw invalid("Invalid ShardIterator");
  const { shardId, from, issuedMs } = parts;
  if (nowMs - issuedMs >= STREAM_ITERATOR_MS) {
    throw tableError("FIRN_TABLE_ITERATOR_EXPIRED", "Shard iterator has expired");
  }
  return { streamArn, shardId, from };
}

function partsOf(
  rest: string,
): { shardId: string; from: StreamPosition; issuedMs: number } | undefined {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(rest, "base64").toString("utf8"));
  } catch {
    return undefined;
  }
  if (!Array.isArray(parts)) return undefined;
  const [shardId, lsn, ordinal, issuedMs] = parts as readonly unknown[];
  if (typeof shardId !== "string" || !isCount(lsn) || !isCount(ordinal) || !isCount(issuedMs)) {
    return undefined;
  }
  return ordinal > 0xffff ? undefined : { shardId, from: { lsn, ordinal }, issuedMs };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
