import { HISTORY_STEP_KEYS, HISTORY_WRITE_BYTES } from "../constants.ts";
import { decodeIndexValue } from "../index/index-value.ts";
import type { IndexValue } from "../index/index-value.ts";
import { bytesOf, spaceOf } from "../index/memtable.ts";
import type { Memtable, Version } from "../index/memtable.ts";
import type { IndexWrite, OrderedIndex } from "../index/ordered-index.ts";
import type { RecordIdentity } from "../log/record.ts";
import { turn } from "../platform/macrotask.ts";
import type { Lsn } from "../store-api.ts";
import { encodeHistory } from "./history-entry.ts";
import type { HistoryEntry } from "./history-entry.ts";
import type { KeySpaces } from "./key-spaces.ts";

export interface HistoryWriterHome {
  readonly spaces: KeySpaces;
  readonly identity: RecordIdentity;
  readonly index: () => OrderedIndex;
}

/**
 * Writes down what a memtable supersedes, in key spaces with retention, before the memtable goes
 * over it in the index: the versions before its own newest ones, and the one that the index has.
 *
 * All of it is synced before the first of the memtable's own writes. So an index entry above the
 * mark, left by a flush that was cut short, says that its key has its history up to there.
 */
export class HistoryWriter {
  readonly #home: HistoryWriterHome;
  /** Entries written since the store was opened. */
  written = 0;

  constructor(home: HistoryWriterHome) {
    this.#home = home;
  }

  async write(memtable: Memtable): Promise<void> {
    if (!this.#home.spaces.keepsHistory) return;
    let batch: IndexWrite[] = [];
    let bytes = 0;
    let keys = 0;
    for (const [key, newest] of memtable.newest()) {
      const from = this.#home.spaces.historyFrom(spaceOf(key));
      if (from === undefined) continue;
      for (const entry of this.#superseded(bytesOf(key), newest, from)) {
        const { key: at, value } = encodeHistory(entry, this.#home.identity);
        batch.push({ key: at, value });
        bytes += at.length + value.length;
      }
      // Each key is a synchronous look-up: other work must come in between.
      if (++keys % HISTORY_STEP_KEYS === 0) await turn();
      if (bytes < HISTORY_WRITE_BYTES) continue;
      await this.#flush(batch);
      batch = [];
      bytes = 0;
    }
    await this.#flush(batch);
  }

  async #flush(batch: readonly IndexWrite[]): Promise<void> {
    if (batch.length > 0) await this.#home.index().write(batch);
    this.written += batch.length;
  }

  /** What ended above `from`, newest first. */
  *#superseded(full: Buffer, newest: Version, from: Lsn): Generator<HistoryEntry> {
    let oldest = newest;
    for (let next = newest.previous; next !== undefined; next = next.previous) {
      if (!next.deleted && oldest.lsn > from) {
        yield { full, entry: entryOf(next), until: oldest.lsn };
      }
      oldest = next;
    }
    if (oldest.lsn <= from) return;
    const index = this.#home.index();
    const bytes = index.getSync(full);
    if (bytes === undefined) return;
    const entry = decodeIndexValue(full, bytes, this.#home.identity);
    if (entry.lsn <= (index.mark?.lsn ?? 0)) yield { full, entry, until: oldest.lsn };
  }
}

function entryOf(version: Version): IndexValue {
  const { lsn, position, length, check, value } = version;
  return value === undefined ? { lsn, place: { position, length, check } } : { lsn, value };
}
