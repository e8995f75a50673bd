import {
  INDEXED_VALUE_BYTES_DEFAULT,
  INDEXED_VALUE_BYTES_MAX,
  RETENTION_MS_MIN,
} from "../constants.ts";
import { coreError } from "../errors.ts";
import { decodeKey, encodeKey } from "../index/key.ts";
import type {
  HistoryStart,
  KeptHistory,
  KeySpaceId,
  KeySpaceOptions,
  Lsn,
  Retention,
} from "../store-api.ts";
import { packValue, unpackValue } from "../value.ts";
import type { Pins } from "./pins.ts";

/** The core's own key spaces; the engines' begin at FIRST_SPACE. */
export const SYSTEM_SPACE: KeySpaceId = 0;
export const BLOB_SPACE: KeySpaceId = 1;
/** What retention keeps of superseded versions: derived, in the index only. */
export const HISTORY_SPACE: KeySpaceId = 2;
export const FIRST_SPACE: KeySpaceId = 16;

export interface KeySpace {
  readonly id: KeySpaceId;
  /** Values up to this long live in the index too. */
  readonly indexedValueBytes: number;
  readonly retention?: KeptHistory | undefined;
}

/**
 * Which key spaces there are. A mirror of the system key space, kept in step by every batch that
 * touches it (and by replay), so that it also knows spaces whose creation is still pending.
 */
export class KeySpaces {
  readonly #spaces = new Map<KeySpaceId, KeySpace>([
    [SYSTEM_SPACE, { id: SYSTEM_SPACE, indexedValueBytes: INDEXED_VALUE_BYTES_MAX }],
    [BLOB_SPACE, { id: BLOB_SPACE, indexedValueBytes: INDEXED_VALUE_BYTES_DEFAULT }],
  ]);
  /** Dropped, and still to be removed from the index. */
  readonly dropped: Set<KeySpaceId> = new Set();
  /** Dropped in what was replayed: the replay may have brought keys of theirs back. */
  readonly replayed: Set<KeySpaceId> = new Set();
  /** Those that are opened by a name: engines' roots. */
  readonly #names = new Map<KeySpaceId, string>([
    [SYSTEM_SPACE, "store"],
    [BLOB_SPACE, "blobs"],
  ]);
  readonly #pins: Pins;
  readonly #retained = new Map<KeySpaceId, KeptHistory>();
  #assumed: ReadonlySet<KeySpaceId> = new Set();
  /** What values of engines are longer by in the log and in the index: set before any is met. */
  sealedBytes = 0;
  /** How often `retained` has changed. */
  retentionChanges = 0;

  constructor(pins: Pins) {
    this.#pins = pins;
  }

  has(id: KeySpaceId): boolean {
    return this.#spaces.has(id);
  }

  find(id: KeySpaceId): KeySpace | undefined {
    return this.#spaces.get(id);
  }

  /** What it was opened by; `undefined` for those that engines find by their own records. */
  nameOf(id: KeySpaceId): string | undefined {
    return this.#names.get(id);
  }

  /** Those with retention; if there are any, the blobs too, which have the longest window. */
  get retained(): ReadonlyMap<KeySpaceId, KeptHistory> {
    return this.#retained;
  }

  /**
   * While the log is replayed: these may keep history, whatever the records met so far say. Those
   * that say so may come late, for compaction takes all of them but the last.
   */
  assumeHistory(ids: readonly KeySpaceId[]): void {
    this.#assumed = new Set(ids.length === 0 ? [] : [BLOB_SPACE, ...ids]);
  }

  /** From which LSN on a key space keeps history; `undefined` when it keeps none. */
  historyFrom(id: KeySpaceId): Lsn | undefined {
    const from = this.#spaces.get(id)?.retention?.from;
    return from ?? (this.#assumed.has(id) ? 0 : undefined);
  }

  get keepsHistory(): boolean {
    return this.#retained.size + this.#assumed.size > 0;
  }

  /** @throws FIRN_KEY_SPACE_NOT_FOUND. */
  get(id: KeySpaceId): KeySpace {
    const space = this.#spaces.get(id);
    if (space !== undefined) return space;
    throw spaceNotFound(id);
  }

  /** Follows one entry of the system key space; without a value the key was deleted. */
  follow(key: Uint8Array, value: Uint8Array | undefined): void {
    const [kind, id] = decodeSystemKey(key);
    if (kind === "pin") return this.#pins.follow(id as string, value);
    if (kind === "name" && value !== undefined) {
      this.#names.set(unpackValue<number>(value), id as string);
      return;
    }
    if (typeof id !== "number") return;
    if (kind === "space") {
      if (value === undefined) this.#spaces.delete(id);
      else this.#spaces.set(id, this.#sealed({ id, ...unpackSpace(value) }));
      this.#followRetention(id);
    } else if (value === undefined) this.dropped.delete(id);
    else this.dropped.add(id);
  }

  /** The bound is on the value, whatever it becomes when it is sealed. */
  #sealed(space: KeySpace): KeySpace {
    if (this.sealedBytes === 0) return space;
    return { ...space, indexedValueBytes: space.indexedValueBytes + this.sealedBytes };
  }

  #followRetention(id: KeySpaceId): void {
    const retention = this.#spaces.get(id)?.retention;
    if (retention === undefined && !this.#retained.has(id)) return;
    this.retentionChanges++;
    if (retention === undefined) this.#retained.delete(id);
    else this.#retained.set(id, retention);
    this.#retained.delete(BLOB_SPACE);
    const longest = longestOf(this.#retained.values());
    if (longest !== undefined) this.#retained.set(BLOB_SPACE, longest);
    const { indexedValueBytes } = this.get(BLOB_SPACE);
    this.#spaces.set(BLOB_SPACE, { id: BLOB_SPACE, indexedValueBytes, retention: longest });
  }
}

/** What a blob was attached for may be read for as long as any key space remembers. */
function longestOf(kept: Iterable<KeptHistory>): KeptHistory | undefined {
  let longest: KeptHistory | undefined;
  for (const { ms, from, fromTime } of kept) {
    const oldest = longest === undefined || from < longest.from ? { from, fromTime } : longest;
    longest = { ...oldest, ms: Math.max(ms, longest?.ms ?? 0) };
  }
  return longest;
}

export function spaceNotFound(id: KeySpaceId): Error {
  const detail = { space: id };
  return coreError("FIRN_KEY_SPACE_NOT_FOUND", `there is no key space ${id}`, { detail });
}

export function spaceKey(id: KeySpaceId): Uint8Array {
  return encodeKey("space", id);
}

/** Present while a dropped space may still have entries in the index. */
export function droppedKey(id: KeySpaceId): Uint8Array {
  return encodeKey("dropped", id);
}

export function nameKey(name: string): Uint8Array {
  return encodeKey("name", name);
}

/** Written when a manual clock is advanced; what counts is the time of that commit. */
export const CLOCK_KEY: Uint8Array = encodeKey("clock");
export const NEXT_SPACE_KEY: Uint8Array = encodeKey("next");

/** The record of a new key space. @throws FIRN_VALUE_TOO_LARGE, FIRN_RETENTION. */
export function packSpace(options: KeySpaceOptions | undefined, start: HistoryStart): Uint8Array {
  const indexedValueBytes = options?.indexedValueBytes ?? INDEXED_VALUE_BYTES_DEFAULT;
  if (!(indexedValueBytes >= 0 && indexedValueBytes <= INDEXED_VALUE_BYTES_MAX)) {
    throw coreError("FIRN_VALUE_TOO_LARGE", "indexedValueBytes is at most 4096");
  }
  return packRecord({ indexedValueBytes, retention: keptFrom(options?.retention, start) });
}

/** The record with another retention; history that is kept already stays whole. */
export function packRetention(
  record: Uint8Array,
  retention: Retention | undefined,
  start: HistoryStart,
): Uint8Array {
  const space = unpackSpace(record);
  return packRecord({ ...space, retention: keptFrom(retention, space.retention ?? start) });
}

/** The record after a trim: history below its start may be gone. */
export function packTrimmed(record: Uint8Array, { from, fromTime }: HistoryStart): Uint8Array {
  const space = unpackSpace(record);
  const { retention } = space;
  if (retention === undefined || retention.from >= from) return record;
  return packRecord({ ...space, retention: { ...retention, from, fromTime } });
}

type SpaceRecord = Omit<KeySpace, "id">;

function packRecord({ indexedValueBytes, retention }: SpaceRecord): Uint8Array {
  return packValue(
    retention === undefined ? { indexedValueBytes } : { indexedValueBytes, retention },
  );
}

function unpackSpace(record: Uint8Array): SpaceRecord {
  return unpackValue<SpaceRecord>(record);
}

function keptFrom(
  retention: Retention | undefined,
  { from, fromTime }: HistoryStart,
): KeptHistory | undefined {
  if (retention === undefined) return undefined;
  const { ms, bytes } = retention;
  const valid = Number.isSafeInteger(ms) && ms >= RETENTION_MS_MIN;
  if (!valid || (bytes !== undefined && !(Number.isSafeInteger(bytes) && bytes >= 0))) {
    const message = "retention has a whole number of milliseconds, 1000 or more, and of bytes";
    throw coreError("FIRN_RETENTION", message, { detail: { ms, bytes } });
  }
  return { ms, ...(bytes === undefined ? {} : { bytes }), from, fromTime };
}

/** Kind and id of `space` and `dropped` keys, the name of a pin or a space; others have no id. */
function decodeSystemKey(key: Uint8Array): [kind: string, id: unknown] {
  const [kind] = decodeKey(key, ["text"]) as [string];
  if (kind === "pin" || kind === "name") return [kind, decodeKey(key, ["text", "text"])[1]];
  if (kind !== "space" && kind !== "dropped") return [kind, undefined];
  const [, id] = decodeKey(key, ["text", "number"]);
  return [kind, id];
}
