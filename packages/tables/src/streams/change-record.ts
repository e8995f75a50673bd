import { encodeKey, packValue, unpackValue } from "@firn/core";
import type { Lsn } from "@firn/core";
import { STREAM_SHARDS } from "../constants.ts";
import { tableError } from "../errors.ts";
import type { ItemText } from "../engine/requests.ts";

/*
 * A change of one item, in the key space of its stream's generation:
 *
 *   shard (1 byte) | LSN (8 bytes) | ordinal (2 bytes)  ->  MessagePack of StoredChange
 *
 * It is written by the transaction that changes the item, so it is there if and only if the change
 * is, and in the order of commits.
 */

export type ChangeEvent = "INSERT" | "MODIFY" | "REMOVE";

/** Where a record lies within its stream: its commit, and its place in that. */
export interface StreamPosition {
  readonly lsn: Lsn;
  readonly ordinal: number;
}

export interface ChangeRecord extends StreamPosition {
  readonly event: ChangeEvent;
  /** Milliseconds since 1970 UTC of its commit. */
  readonly timeMs: number;
  readonly keys: ItemText;
  readonly newImage: ItemText | undefined;
  readonly oldImage: ItemText | undefined;
  /** Bytes of keys and images, as DynamoDB counts items. */
  readonly sizeBytes: number;
  /** The item was deleted because it had expired. */
  readonly expired: boolean;
}

/** Short names: every record has them. */
interface StoredChange {
  readonly e: number;
  readonly t: number;
  readonly k: ItemText;
  readonly n?: ItemText | undefined;
  readonly o?: ItemText | undefined;
  readonly s: number;
  readonly x?: true | undefined;
}

const EVENTS: readonly ChangeEvent[] = ["INSERT", "MODIFY", "REMOVE"];
const SHARD_BYTES = 1;
const KEY_BYTES = 11;

export function encodeChange(change: Omit<ChangeRecord, keyof StreamPosition>): Uint8Array {
  const stored: StoredChange = {
    e: EVENTS.indexOf(change.event),
    t: change.timeMs,
    k: change.keys,
    ...(change.newImage === undefined ? {} : { n: change.newImage }),
    ...(change.oldImage === undefined ? {} : { o: change.oldImage }),
    s: change.sizeBytes,
    ...(change.expired ? { x: true } : {}),
  };
  return packValue(stored);
}

/** @throws FIRN_TABLE_ITEM_DAMAGED when the entry is not in this format. */
export function decodeChange(key: Uint8Array, value: Uint8Array): ChangeRecord {
  const stored = unpackValue<StoredChange>(value);
  const event = EVENTS[stored.e];
  if (key.length !== KEY_BYTES || event === undefined) {
    throw tableError("FIRN_TABLE_ITEM_DAMAGED", "a stream record is not in a known format");
  }
  return {
    ...positionOf(key),
    event,
    timeMs: stored.t,
    keys: stored.k,
    newImage: stored.n,
    oldImage: stored.o,
    sizeBytes: stored.s,
    expired: stored.x === true,
  };
}

function positionOf(key: Uint8Array): StreamPosition {
  const bytes = Buffer.from(key.buffer, key.byteOffset, key.length);
  return {
    lsn: Number(bytes.readBigUInt64BE(SHARD_BYTES)),
    ordinal: bytes.readUInt16BE(KEY_BYTES - 2),
  };
}

/** Where a record lies in the key space of its generation. */
export function changeKey(shard: number, { lsn, ordinal }: StreamPosition): Uint8Array {
  const key = Buffer.allocUnsafe(KEY_BYTES);
  key[0] = shard;
  key.set(encodeKey(lsn), SHARD_BYTES);
  key.writeUInt16BE(ordinal, KEY_BYTES - 2);
  return key;
}

/** The shard of an item, by the hash with which its key begins: ranges of it, all of one size. */
export function shardOfKey(itemKey: Uint8Array): number {
  return ((itemKey[0] as number) * STREAM_SHARDS) >> 8;
}

const LSN_DIGITS = 16;
const ORDINAL_DIGITS = 5;
const SEQUENCE_NUMBER = /^1(\d{16})(\d{5})$/;

/** A position as text of one length, so that it sorts as text and as a number. */
export function sequenceNumber({ lsn, ordinal }: StreamPosition): string {
  return `1${String(lsn).padStart(LSN_DIGITS, "0")}${String(ordinal).padStart(ORDINAL_DIGITS, "0")}`;
}

/** `undefined` for what no stream of ours ever said. */
export function parseSequenceNumber(text: string): StreamPosition | undefined {
  const [, lsn, ordinal] = SEQUENCE_NUMBER.exec(text) ?? [];
  if (lsn === undefined || ordinal === undefined || Number(ordinal) > 0xffff) return undefined;
  return { lsn: Number(lsn), ordinal: Number(ordinal) };
}
