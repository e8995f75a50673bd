/**
 * What of the log is still needed, in one place: compaction keeps exactly that.
 *
 * The newest durable version of a key is live. A tombstone is live until no older segment may hold
 * a value of its key: else a rebuild of the index would bring that value back. What is not durable
 * yet makes nothing dead, for a crash may take it away again. What retention keeps is live.
 */
import { coreError } from "../errors.ts";
import { decodeIndexValue } from "../index/index-value.ts";
import { bytesOf, fullKey } from "../index/memtable.ts";
import type { Memtables } from "../index/memtables.ts";
import type { OrderedIndex } from "../index/ordered-index.ts";
import type { RecordIdentity } from "../log/record.ts";
import { OP_DELETE, OP_PUT } from "../log/record.ts";
import type { KeySpaceId, Lsn } from "../store-api.ts";
import type { History } from "./history.ts";
import { FIRST_SPACE, SYSTEM_SPACE, spaceKey } from "./key-spaces.ts";
import type { KeySpaces } from "./key-spaces.ts";

export interface LivenessSource {
  readonly memtables: Memtables;
  readonly index: () => OrderedIndex;
  readonly spaces: KeySpaces;
  readonly identity: RecordIdentity;
  readonly durableLsn: () => Lsn;
  readonly history: History;
}

/** A mutation of a record that the index has followed. */
export interface OldMutation {
  readonly op: number;
  readonly full: string;
  readonly lsn: Lsn;
}

export class Liveness {
  readonly #source: LivenessSource;
  /** Values that were dead because the index has none, and not because it has a later one. */
  absences = 0;

  constructor(source: LivenessSource) {
    this.#source = source;
  }

  /**
   * Must it stay? Drops are named by their space's prefix.
   * @param mayBeOlder whether a segment before it may hold a value of the key.
   * @throws FIRN_RECORD_CORRUPT when the index contradicts the log: it must be rebuilt.
   */
  isLive(mutation: OldMutation, mayBeOlder: (full: string) => boolean): boolean {
    const { op, full, lsn } = mutation;
    const deleted = op === OP_DELETE;
    if ((deleted || op === OP_PUT) && this.#source.history.holds({ full, lsn, deleted }))
      return true;
    // Values of a dropped key space are live until they have left the index, which names them.
    if (op === OP_PUT) return this.#isNewest(full, lsn);
    if (deleted && this.#isOverwritten(full, lsn)) return false;
    return mayBeOlder(full);
  }

  /** False when memtables and index alone know what is live. */
  get keepsHistory(): boolean {
    return this.#source.history.isKept;
  }

  /** Is the key space there, or its drop not durable yet? */
  holds(space: KeySpaceId): boolean {
    const { spaces, memtables, index, durableLsn } = this.#source;
    if (space < FIRST_SPACE || spaces.has(space)) return true;
    const full = fullKey(SYSTEM_SPACE, spaceKey(space));
    const version = memtables.get(full, durableLsn());
    return version === undefined ? index().getSync(bytesOf(full)) !== undefined : !version.deleted;
  }

  #isNewest(full: string, lsn: Lsn): boolean {
    const newest = this.#newest(full, lsn);
    if (newest === undefined) this.absences++;
    return newest === lsn;
  }

  /** Has a later value, or a later deletion that is still in memory, taken its place? */
  #isOverwritten(full: string, lsn: Lsn): boolean {
    const newest = this.#newest(full, lsn);
    return newest !== undefined && newest > lsn;
  }

  /** LSN of the key's newest durable version; `undefined` when the index has none. */
  #newest(full: string, lsn: Lsn): Lsn | undefined {
    const { memtables, index, identity, durableLsn } = this.#source;
    const version = memtables.get(full, durableLsn());
    if (version !== undefined) return version.lsn;
    const key = bytesOf(full);
    const bytes = index().getSync(key);
    if (bytes === undefined) return undefined;
    const entry = decodeIndexValue(key, bytes, identity);
    if (entry.lsn >= lsn) return entry.lsn;
    const message = `the index has LSN ${entry.lsn} of a key that the log wrote at ${lsn}`;
    throw coreError("FIRN_RECORD_CORRUPT", `${message}; rebuild the index`, { detail: { lsn } });
  }
}
