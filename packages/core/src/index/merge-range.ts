/**
 * One ordered range out of memtables (newest first) and a page of the index. The page may be
 * shorter than the range; then only keys up to its last one can be told, and the caller fetches
 * more.
 */
import type { Entry, KeyRange, KeySpaceId, Lsn } from "../store-api.ts";
import { bytesOf, fullKey, latin1, spacePrefix } from "./memtable.ts";
import type { Memtable, Version } from "./memtable.ts";

/** A range over full keys: from `low` (inclusive) to `high` (exclusive). */
export interface FullRange {
  readonly low: string;
  readonly high: string;
  readonly reverse: boolean;
}

export function fullRange(space: KeySpaceId, range: KeyRange): FullRange {
  const { gt, gte, lt, lte } = range;
  const lows = [spacePrefix(space)];
  if (gte !== undefined) lows.push(fullKey(space, gte));
  if (gt !== undefined) lows.push(`${fullKey(space, gt)}\0`);
  const highs = [spacePrefix(space + 1)];
  if (lt !== undefined) highs.push(fullKey(space, lt));
  if (lte !== undefined) highs.push(`${fullKey(space, lte)}\0`);
  const low = lows.reduce((a, b) => (a > b ? a : b));
  const high = highs.reduce((a, b) => (a < b ? a : b));
  return { low, high, reverse: range.reverse ?? false };
}

/** What the index had for the range, and whether that was all. */
export interface IndexPart {
  readonly entries: readonly Entry[];
  readonly exhausted: boolean;
}

export interface MergedItem {
  /** The full key. */
  readonly key: string;
  /** The same as bytes, where the index has it. */
  readonly keyBytes: Uint8Array | undefined;
  /** Set when a memtable has the newest version, else the index's bytes count. */
  readonly version: Version | undefined;
  readonly indexed: Uint8Array | undefined;
}

export interface Merged {
  readonly items: MergedItem[];
  /** False when more of the index is needed to go on. */
  readonly complete: boolean;
  /** The highest LSN among what was looked at. */
  readonly lsn: Lsn;
}

export interface MergeInput {
  readonly range: FullRange;
  readonly memtables: readonly Memtable[];
  readonly lsn: Lsn;
  readonly index: IndexPart;
  readonly limit: number;
}

export function mergeRange(input: MergeInput): Merged {
  const { range, limit, index } = input;
  const sources = [...memtableCursors(input), indexCursor(index.entries, range)];
  const lastIndexed = index.exhausted ? undefined : lastKey(index.entries);
  const items: MergedItem[] = [];
  let seen = 0;
  while (items.length < limit) {
    const key = firstKey(sources, range.reverse);
    if (key === undefined) return { items, complete: index.exhausted, lsn: seen };
    if (lastIndexed !== undefined && isBehind(key, lastIndexed, range.reverse)) break;
    const item = take(sources, key);
    seen = Math.max(seen, item.version?.lsn ?? 0);
    if (item.version?.deleted !== true) items.push(item);
  }
  return { items, complete: items.length === limit, lsn: seen };
}

interface Cursor {
  key: string | undefined;
  advance(): void;
  /** What it has for its current key. */
  item(): Omit<MergedItem, "key"> | undefined;
}

function memtableCursors(input: MergeInput): Cursor[] {
  const { range, lsn } = input;
  return input.memtables
    .filter((memtable) => memtable.size > 0)
    .map((memtable) => {
      const walk = memtable.walk(range.reverse ? range.high : range.low, range.reverse);
      const cursor: Cursor = {
        key: undefined,
        advance() {
          let next = walk.next();
          if (next.value === range.high) next = walk.next();
          cursor.key = next.done || !inside(next.value, range) ? undefined : next.value;
        },
        item() {
          const version = memtable.get(cursor.key as string, lsn);
          return version && { version, indexed: undefined, keyBytes: undefined };
        },
      };
      cursor.advance();
      return cursor;
    });
}

function indexCursor(entries: readonly Entry[], range: FullRange): Cursor {
  let at = -1;
  const cursor: Cursor = {
    key: undefined,
    advance() {
      const entry = entries[++at];
      const key = entry === undefined ? undefined : latin1(entry.key);
      cursor.key = key !== undefined && inside(key, range) ? key : undefined;
    },
    item() {
      const { key: keyBytes, value: indexed } = entries[at] as Entry;
      return { version: undefined, indexed, keyBytes };
    },
  };
  cursor.advance();
  return cursor;
}

function inside(key: string, range: FullRange): boolean {
  return key >= range.low && key < range.high;
}

function isBehind(key: string, bound: string, reverse: boolean): boolean {
  return reverse ? key < bound : key > bound;
}

function lastKey(entries: readonly Entry[]): string | undefined {
  const last = entries.at(-1);
  return last === undefined ? undefined : latin1(last.key);
}

function firstKey(sources: readonly Cursor[], reverse: boolean): string | undefined {
  let first: string | undefined;
  for (const { key } of sources) {
    if (key === undefined) continue;
    if (first === undefined || isBehind(first, key, reverse)) first = key;
  }
  return first;
}

/** The newest that any source has for the key; all of them step behind it. */
function take(sources: readonly Cursor[], key: string): MergedItem {
  let found: Omit<MergedItem, "key"> | undefined;
  for (const source of sources) {
    if (source.key !== key) continue;
    found ??= source.item();
    source.advance();
  }
  return found === undefined ? absent(key) : { key, ...found };
}

/** An item's key without its key space. */
export function ownKey({ key, keyBytes }: MergedItem): Uint8Array {
  return (keyBytes ?? bytesOf(key)).subarray(4);
}

/** Only versions newer than the view: the key is not there. */
function absent(key: string): MergedItem {
  const place = { position: 0, length: 0, check: 0n, previous: undefined } as const;
  const version = { lsn: 0, deleted: true, value: undefined, ...place } as const;
  return { key, version, indexed: undefined, keyBytes: undefined };
}
