import { INDEXED_VALUE_BYTES_DEFAULT, INDEXED_VALUE_BYTES_MAX } from "../constants.ts";
import { coreError } from "../errors.ts";
import { decodeKey, encodeKey } from "../index/key.ts";
import type { KeySpaceId, KeySpaceOptions } from "../store-api.ts";
import { packValue, unpackValue } from "../value.ts";
import type { Pins } from "./pins.ts";

/** The core's own key spaces; the engines' begin at FIRST_SPACE. */
export const SYSTEM_SPACE: KeySpaceId = 0;
export const BLOB_SPACE: KeySpaceId = 1;
export const FIRST_SPACE: KeySpaceId = 16;

export interface KeySpace {
  readonly id: KeySpaceId;
  /** Values up to this long live in the index too. */
  readonly indexedValueBytes: number;
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
  readonly #pins: Pins;

  constructor(pins: Pins) {
    this.#pins = pins;
  }

  has(id: KeySpaceId): boolean {
    return this.#spaces.has(id);
  }

  /** @throws FIRN_KEY_SPACE_NOT_FOUND. */
  get(id: KeySpaceId): KeySpace {
    const space = this.#spaces.get(id);
    if (space !== undefined) return space;
    throw coreError("FIRN_KEY_SPACE_NOT_FOUND", `there is no key space ${id}`, {
      detail: { space: id },
    });
  }

  /** Follows one entry of the system key space; without a value the key was deleted. */
  follow(key: Uint8Array, value: Uint8Array | undefined): void {
    const [kind, id] = decodeSystemKey(key);
    if (kind === "pin") return this.#pins.follow(id as string, value);
    if (typeof id !== "number") return;
    if (kind === "space") {
      if (value === undefined) this.#spaces.delete(id);
      else this.#spaces.set(id, { id, ...unpackValue<Omit<KeySpace, "id">>(value) });
    } else if (value === undefined) this.dropped.delete(id);
    else this.dropped.add(id);
  }
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

export function packSpace(options: KeySpaceOptions | undefined): Uint8Array {
  const indexedValueBytes = options?.indexedValueBytes ?? INDEXED_VALUE_BYTES_DEFAULT;
  if (!(indexedValueBytes >= 0 && indexedValueBytes <= INDEXED_VALUE_BYTES_MAX)) {
    throw coreError("FIRN_VALUE_TOO_LARGE", "indexedValueBytes is at most 4096");
  }
  return packValue({ indexedValueBytes });
}

/** Kind and id of `space` and `dropped` keys, and the name of a pin; other keys have no id. */
function decodeSystemKey(key: Uint8Array): [kind: string, id: unknown] {
  const [kind] = decodeKey(key, ["text"]) as [string];
  if (kind === "pin") return [kind, decodeKey(key, ["text", "text"])[1]];
  if (kind !== "space" && kind !== "dropped") return [kind, undefined];
  const [, id] = decodeKey(key, ["text", "number"]);
  return [kind, id];
}
