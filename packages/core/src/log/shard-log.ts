import type { Lsn, Position } from "../store-api.ts";

/** What one write hands to the log: whole records, one behind the other, 8-byte aligned. */
export interface LogGroup {
  readonly parts: readonly Uint8Array[];
  readonly bytes: number;
  readonly firstLsn: Lsn;
  readonly lastLsn: Lsn;
  /** What was durable when the group was made; recovery learns from it what may not be torn. */
  readonly durableLsn: Lsn;
  /** Make it and all before it durable before resolving. */
  readonly sync: boolean;
}

/** A record as it lies in the log. */
export interface LoggedRecord {
  readonly lsn: Lsn;
  readonly time: number;
  readonly kind: number;
  readonly flags: number;
  /** Position of the first byte of the body. */
  readonly position: Position;
  readonly body: Uint8Array;
}

/**
 * One shard's stream of groups. The local implementation is a folder of segment files; another one
 * can speak to a replicated log: the core calls it once per group, never per record.
 *
 * Positions are offsets into one logical stream, so they mean the same wherever the bytes are.
 */
export interface ShardLog {
  /** Bytes that the log puts before each group's first record. */
  readonly frameBytes: number;
  /** Where the next group would begin. */
  readonly head: Position;
  /**
   * Where a group of up to `bytes` (without frame) would begin if it were appended at `head`;
   * `undefined` when room must be prepared first. With `reserve` the last reserve may be used.
   */
  place(head: Position, bytes: number, reserve: boolean): Position | undefined;
  /** Bytes that a group begun at `start` may hold at the most, frame excluded. */
  room(start: Position, reserve: boolean): number;
  /**
   * Makes room for a group of `bytes` at or behind `head`. @throws FIRN_DISK_FULL when the disk
   * has none: the log stays as it was.
   */
  prepare(head: Position, bytes: number): Promise<void>;
  /**
   * Appends one group at `start` (a value of `place`). Rejections are final: whether the bytes
   * are there is unknown. @throws FIRN_LOG_CONFLICT when the stream has another head than expected.
   */
  append(group: LogGroup, start: Position): Promise<Position>;
  /** Makes everything appended durable. */
  sync(): Promise<void>;
  /** Bytes that were appended; unverified. */
  read(position: Position, length: number): Promise<Uint8Array>;
  readSync(position: Position, length: number): Uint8Array;
  /** Verified records from the group that begins at `from` on (or holding that LSN), in order. */
  tail(from: TailStart): AsyncIterableIterator<LoggedRecord>;
  close(): Promise<void>;
}

/**
 * A group's start; or an LSN: then the stream begins at or before the group that holds it; or a
 * time: then it begins at or before the last record of that time or earlier, if there is one.
 */
export type TailStart =
  | { readonly position: Position }
  | { readonly lsn: Lsn }
  | { readonly time: number };
