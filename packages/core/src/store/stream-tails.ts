import { encodeKey } from "../index/key.ts";
import { fullKey } from "../index/memtable.ts";
import type { Memtable } from "../index/memtable.ts";
import type { KeySpaceId, Lsn } from "../store-api.ts";
import { packValue } from "../value.ts";
import { SYSTEM_SPACE } from "./key-spaces.ts";

export function streamTailKey(space: KeySpaceId): Uint8Array {
  return encodeKey("stream", space);
}

/**
 * The newest LSN of each stream, so that opening a volume that nobody wrote to reads no log. Like
 * the rest of the index it is derived: it goes in with the memtable that covers it, and replay
 * makes it again.
 */
export class StreamTails {
  /** Those that moved since the last seal. */
  readonly #moved = new Map<KeySpaceId, Lsn>();

  note(space: KeySpaceId, lsn: Lsn): void {
    this.#moved.set(space, lsn);
  }

  get(space: KeySpaceId): Lsn | undefined {
    return this.#moved.get(space);
  }

  /** Puts what moved into the memtable that is about to be sealed. */
  sealInto(memtable: Memtable): void {
    for (const [space, lsn] of this.#moved) {
      const value = packValue(lsn);
      const place = { position: 0, length: value.length, check: 0n };
      const version = { lsn, deleted: false, value, ...place };
      memtable.put(fullKey(SYSTEM_SPACE, streamTailKey(space)), version, lsn);
    }
    this.#moved.clear();
  }
}
