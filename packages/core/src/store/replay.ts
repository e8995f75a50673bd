import { FRAME_BYTES } from "../log/frame.ts";
import type { IndexMark, OrderedIndex } from "../index/ordered-index.ts";
import { decodeIndexValue } from "../index/index-value.ts";
import type { Memtables } from "../index/memtables.ts";
import { bytesOf, fullKey, spacePrefix } from "../index/memtable.ts";
import { mutationsOf, streamSpaceOf } from "../log/record-content.ts";
import { OP_DROP, RECORD_HEADER_BYTES } from "../log/record.ts";
import type { RecordIdentity } from "../log/record.ts";
import type { LoggedRecord } from "../log/shard-log.ts";
import type { Lsn, Position } from "../store-api.ts";
import type { Applier } from "./applier.ts";
import { indexStuck } from "./flusher.ts";
import type { Flusher } from "./flusher.ts";
import { SYSTEM_SPACE } from "./key-spaces.ts";
import type { StreamTails } from "./stream-tails.ts";
import type { KeySpaces } from "./key-spaces.ts";

/** System entries read at a time: a few per key space. */
const SYSTEM_PAGE = 1000;
/** No reader is there yet: a replayed version makes all before it unreadable. */
const NO_READERS: Lsn = Number.MAX_SAFE_INTEGER;

export interface ReplayHome {
  readonly memtables: Memtables;
  readonly applier: Applier;
  readonly flusher: Flusher;
  readonly tails: StreamTails;
  readonly spaces: KeySpaces;
  readonly mark: IndexMark | undefined;
  readonly limits: {
    readonly memtableBytes: number;
    readonly memtableKeys: number;
    /** Log bytes that memory may hold for an index that takes no writes. */
    readonly replayBytes: number;
  };
  /** Told how far the replayed log is durable, so that the flusher may follow. */
  readonly onReplayed: (lsn: Lsn) => void;
}

/** Takes what the index lags behind into memory, flushing as it fills: memory stays bounded. */
export class Replay {
  readonly #home: ReplayHome;
  /** Commit time of the newest record seen. */
  lastTime: number;
  /** Start of the newest group seen. */
  lastGroup: Position;

  constructor(home: ReplayHome) {
    this.#home = home;
    this.lastTime = home.mark?.time ?? 0;
    this.lastGroup = home.mark?.position ?? 0;
  }

  /** The records of one group, in order. */
  async visit(records: readonly LoggedRecord[]): Promise<void> {
    const first = records[0];
    const last = records.at(-1);
    if (first === undefined || last === undefined) return;
    for (const record of records) this.#apply(record);
    this.lastTime = Math.max(this.lastTime, last.time);
    this.lastGroup = first.position - RECORD_HEADER_BYTES - FRAME_BYTES;
    this.#home.onReplayed(last.lsn);
    const { memtables, limits, flusher, tails } = this.#home;
    const { active } = memtables;
    if (active.bytes < limits.memtableBytes && active.size < limits.memtableKeys) return;
    tails.sealInto(active);
    memtables.seal({ lsn: last.lsn, position: this.lastGroup, time: last.time });
    await flusher.progress();
    this.#assertBounded();
  }

  /**
   * On a full disk the store opens all the same, so that what it holds can be read and deleted:
   * memory takes what the index cannot, no more than a running store may leave behind it.
   */
  #assertBounded(): void {
    const { memtables, flusher, limits } = this.#home;
    const oldest = memtables.sealed[0];
    if (flusher.failure === undefined || oldest === undefined) return;
    const behind = this.lastGroup - oldest.position;
    if (behind > 2 * limits.replayBytes) throw indexStuck(flusher.failure);
  }

  #apply(record: LoggedRecord): void {
    const { mark, applier, tails } = this.#home;
    if (mark !== undefined && record.lsn <= mark.lsn) return;
    const stream = streamSpaceOf(record);
    if (stream !== undefined) tails.note(stream, record.lsn);
    for (const mutation of mutationsOf(record)) {
      const { op, space, key, value, check, position } = mutation;
      if (op === OP_DROP) this.#home.spaces.replayed.add(space);
      applier.apply(
        { op, space, key, value, full: fullKey(space, key) },
        { lsn: record.lsn, position, check, floor: NO_READERS },
      );
    }
  }
}

/**
 * Fills the mirror of the system key space from the index, before the replay goes on from there.
 */
export async function loadKeySpaces(
  index: OrderedIndex,
  spaces: KeySpaces,
  identity: RecordIdentity,
): Promise<void> {
  const snapshot = index.snapshot();
  try {
    let gte: Uint8Array = bytesOf(spacePrefix(SYSTEM_SPACE));
    const lt = bytesOf(spacePrefix(SYSTEM_SPACE + 1));
    for (;;) {
      const entries = await snapshot.page({ gte, lt, limit: SYSTEM_PAGE });
      for (const { key, value } of entries) {
        const { value: bytes } = decodeIndexValue(key, value, identity);
        spaces.follow(Buffer.from(key).subarray(4), bytes);
      }
      const last = entries.at(-1);
      if (last === undefined || entries.length < SYSTEM_PAGE) return;
      gte = Buffer.concat([last.key, Buffer.alloc(1)]);
    }
  } finally {
    snapshot.close();
  }
}
