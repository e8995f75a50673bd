/**
 * Builds the index anew while the store is open. Another index is filled beside the damaged one,
 * from the first record of the log on, as an opening would; meanwhile writers go on, and readers
 * read what of the old one verifies. Then flushing stands still for a moment: the new index follows
 * to exactly where the old one had come, the manifest names it, and it takes the old one's place. A
 * crash before that leaves the old one, a crash behind it the new one.
 *
 * Why not in place: a store without an index answers nothing, for as long as a replay of all of it
 * takes.
 */
import { FirnError, coreError } from "../errors.ts";
import type { IndexMark } from "../index/ordered-index.ts";
import { SEGMENT_HEADER_BYTES } from "../log/frame.ts";
import type { SegmentEntry } from "../log/manifest.ts";
import { groupsEnd, scanSegment } from "../log/segment-scan.ts";
import type { ScanEnd } from "../log/segment-scan.ts";
import type { ShardLog } from "../log/shard-log.ts";
import type { Pace } from "../parity/parity-blocks.ts";
import type { Position } from "../store-api.ts";
import type { Flusher } from "./flusher.ts";
import type { FreshIndex, IndexHolder } from "./index-holder.ts";
import type { KeySpaces } from "./key-spaces.ts";
import type { OpenContext } from "./open-context.ts";
import type { ReaderPins } from "./reader-pins.ts";
import { Replay } from "./replay.ts";
import { replayTargets } from "./replay-targets.ts";
import type { ReplayTargets } from "./replay-targets.ts";

/** Rounds of following before flushing stands still, whatever is left. */
const ROUNDS_MAX = 8;

export interface RebuildParts {
  readonly context: OpenContext;
  readonly log: ShardLog;
  readonly holder: IndexHolder;
  readonly readers: ReaderPins;
  /** The store's own. */
  readonly flusher: Flusher;
  readonly spaces: KeySpaces;
  /** Rejects when the store is being closed. */
  readonly pace: Pace;
}

/** @throws FIRN_STORE_DAMAGED when the log has bad records, FIRN_STORE_CLOSED, FIRN_DISK_FULL. */
export async function rebuildIndex(parts: RebuildParts): Promise<void> {
  const { holder, readers } = parts;
  const pin = readers.pin();
  let fresh: FreshIndex | undefined;
  try {
    fresh = await holder.openBeside();
    await new Rebuild(parts, fresh).run();
  } catch (error) {
    if (fresh !== undefined && holder.index !== fresh.index) await holder.discard(fresh);
    throw error;
  } finally {
    pin.release();
  }
}

class Rebuild {
  readonly #parts: RebuildParts;
  readonly #fresh: FreshIndex;
  readonly #targets: ReplayTargets;
  readonly #replay: Replay;

  constructor(parts: RebuildParts, fresh: FreshIndex) {
    const { home, limits } = parts.context;
    this.#parts = parts;
    this.#fresh = fresh;
    const targets = replayTargets(home.identity, fresh, parts.context);
    this.#targets = targets;
    const onReplayed = (lsn: number): void => {
      targets.durable.lsn = lsn;
    };
    this.#replay = new Replay({ ...targets, mark: undefined, limits, onReplayed });
  }

  async run(): Promise<void> {
    const { holder, flusher } = this.#parts;
    try {
      let followed: IndexMark | undefined;
      for (let round = 0; round < ROUNDS_MAX; round++) {
        const { mark } = holder.index;
        if (mark === undefined || mark.lsn === followed?.lsn) break;
        await this.#follow(mark);
        followed = mark;
      }
      const resume = await flusher.pause();
      try {
        await this.#takeOver();
      } finally {
        resume();
      }
    } catch (error) {
      await this.#targets.flusher.finish();
      throw error;
    }
  }

  /** While nothing is flushed: to the same mark, into the manifest, into the old one's place. */
  async #takeOver(): Promise<void> {
    const { holder, readers, context, spaces } = this.#parts;
    const { mark } = holder.index;
    if (mark !== undefined) {
      await this.#follow(mark);
      await this.#flush(mark);
    }
    const { name } = this.#fresh;
    await context.home.manifest.update((state) => ({ ...state, indexName: name }));
    const removeOld = holder.replace(this.#fresh);
    // Keys of dropped spaces are in it again, and are swept again.
    for (const space of this.#targets.spaces.replayed) spaces.replayed.add(space);
    void readers.retire(removeOld);
  }

  async #flush(mark: IndexMark): Promise<void> {
    const { memtables, tails, flusher, durable } = this.#targets;
    tails.sealInto(memtables.active);
    memtables.seal(mark);
    durable.lsn = mark.lsn;
    await flusher.finish();
    if (memtables.sealed.length > 0) throw flusher.failure;
  }

  /** Replays what of the log the mark covers, from where the last call ended. */
  async #follow({ lsn }: IndexMark): Promise<void> {
    const { context, log } = this.#parts;
    this.#targets.spaces.assumeHistory(context.home.manifest.state.historySpaces ?? []);
    const from = this.#replay.lastGroup;
    const head = log.head;
    for (const entry of context.commitFiles.entries) {
      if (entry.base + entry.capacity <= from || entry.base >= head) continue;
      if (await this.#segment(entry, { from, lsn })) return;
    }
  }

  /** True when the LSN was reached. */
  async #segment(
    entry: SegmentEntry,
    part: { readonly from: Position; readonly lsn: number },
  ): Promise<boolean> {
    const { context, log } = this.#parts;
    const { commitFiles, home } = context;
    const sealed = groupsEnd(entry);
    const limit = sealed ?? Math.min(entry.capacity, log.head - entry.base);
    const inside = entry.packed === undefined ? part.from - entry.base : 0;
    const offset = Math.max(SEGMENT_HEADER_BYTES, inside);
    const { handle, release } = await commitFiles.borrow(entry);
    try {
      const source = { handle, entry, limit, identity: home.identity };
      const end = await this.#scan(scanSegment(source, offset, undefined), part.lsn);
      if (end === undefined) return true;
      if (sealed !== undefined && end.offset < limit) throw logDamaged(entry, end);
      return false;
    } finally {
      release();
    }
  }

  /** `undefined` when the LSN was reached, else where the segment ends. */
  async #scan(scan: ReturnType<typeof scanSegment>, lsn: number): Promise<ScanEnd | undefined> {
    const { pace } = this.#parts;
    for (let step = await scan.next(); ; step = await scan.next()) {
      if (step.done) return step.value;
      const records = step.value.filter((record) => record.lsn <= lsn);
      await this.#replay.visit(records);
      if (records.length < step.value.length || records.at(-1)?.lsn === lsn) return undefined;
      await pace.take(records.reduce((sum, { body }) => sum + body.length, 0));
      await pace.slice();
    }
  }
}

function logDamaged({ id }: SegmentEntry, { offset }: { readonly offset: number }): FirnError {
  const message = `the log has a bad record in segment ${id}, offset ${offset}`;
  return coreError("FIRN_STORE_DAMAGED", message, { detail: { segment: id, offset } });
}
