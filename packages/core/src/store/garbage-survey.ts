import { fullKey, spacePrefix } from "../index/memtable.ts";
import { SEGMENT_HEADER_BYTES } from "../log/frame.ts";
import type { SegmentEntry } from "../log/manifest.ts";
import { streamOf } from "../log/record-content.ts";
import { OP_DROP, OP_PUT, RECORD_HEADER_BYTES, peekRecord, tableEntries } from "../log/record.ts";
import type { PeekedRecord } from "../log/record.ts";
import { groupsEnd } from "../log/segment-scan.ts";
import type { KeySpaceId, Position } from "../store-api.ts";
import type { PackerHome } from "./segment-packer.ts";

/** Places of a segment that are looked at, in an even row that begins anywhere. */
const SAMPLES = 8;
/** What is read at each… */
const SAMPLE_BYTES: number = 32 * 1024;
/** …or this where no record is so short: as long as volumes write them, and most batches. */
const LARGE_SAMPLE_BYTES: number = 1024 * 1024;
/** Mutations that are looked up at each. */
const SAMPLE_MUTATIONS = 12;
/** A mutation's bytes beside key and value. */
const MUTATION_BYTES = 32;

/** What a segment holds, by its bytes; a sample says how much of each. */
export interface Estimate {
  /** Part of its bytes that nobody needs, 0 to 1. */
  readonly dead: number;
  /** Part that is tombstones which may have to stay, 0 to 1. */
  readonly tombstones: number;
  /** Where the log ended when it was made. */
  readonly madeAt: Position;
  /** The key spaces that were met: no more than mutations are looked at. */
  readonly spaces: readonly SpaceEstimate[];
}

/** What of a segment one key space has. */
export interface SpaceEstimate {
  readonly space: KeySpaceId;
  /** Part of the segment's bytes, 0 to 1. */
  readonly share: number;
  /** Part of the segment's bytes that nobody needs, 0 to 1. */
  readonly dead: number;
}

interface SpaceSample {
  total: number;
  dead: number;
}

class Sample implements SpaceSample {
  total = 0;
  dead = 0;
  tombstones = 0;
  readonly #spaces = new Map<KeySpaceId, SpaceSample>();

  add(space: KeySpaceId, bytes: number, deadBytes: number): void {
    const of = this.#spaces.get(space) ?? { total: 0, dead: 0 };
    this.#spaces.set(space, of);
    for (const counted of [this, of]) {
      counted.total += bytes;
      counted.dead += deadBytes;
    }
  }

  estimate(madeAt: Position): Estimate {
    const all = Math.max(1, this.total);
    const spaces = Array.from(this.#spaces, ([space, { total, dead }]) => ({
      space,
      share: total / all,
      dead: dead / all,
    }));
    return { dead: this.dead / all, tombstones: this.tombstones / all, madeAt, spaces };
  }
}

const ALWAYS = (): boolean => true;

/**
 * How much garbage there is in each sealed segment, found by looking up a few of its keys: records
 * begin at multiples of 8 and their checksums tell them from anything else, so that any place will
 * do. Counting every overwrite would cost each put a look-up of what it replaces.
 */
export class GarbageSurvey {
  readonly #home: PackerHome;
  readonly #estimates = new Map<number, Estimate>();

  constructor(home: PackerHome) {
    this.#home = home;
  }

  /** The last estimate; `undefined` for a segment that was never looked at. */
  get(entry: SegmentEntry): Estimate | undefined {
    return this.#estimates.get(entry.id);
  }

  /** Forgets segments that are no more. */
  keepOnly(entries: readonly SegmentEntry[]): void {
    const ids = new Set(entries.map(({ id }) => id));
    for (const id of this.#estimates.keys()) if (!ids.has(id)) this.#estimates.delete(id);
  }

  /** Was the segment looked at when the log ended at `since` or later? */
  isFresh(entry: SegmentEntry, since: Position): boolean {
    const known = this.#estimates.get(entry.id);
    return known !== undefined && known.madeAt >= since;
  }

  /** Looks at the segment again. */
  async refresh(entry: SegmentEntry, now: Position): Promise<Estimate> {
    const sample = new Sample();
    await this.#sample(entry, SAMPLE_BYTES, sample);
    if (sample.total === 0) await this.#sample(entry, LARGE_SAMPLE_BYTES, sample);
    const estimate = sample.estimate(now);
    this.#estimates.set(entry.id, estimate);
    return estimate;
  }

  async #sample(entry: SegmentEntry, bytes: number, sample: Sample): Promise<void> {
    const { files, home, budget } = this.#home;
    const end = groupsEnd(entry) as number;
    const step = (end - SEGMENT_HEADER_BYTES) / SAMPLES;
    const places = Math.min(SAMPLES, Math.ceil((end - SEGMENT_HEADER_BYTES) / bytes));
    await files.with(entry, async (handle) => {
      for (let at = 0; at < places; at++) {
        // The first one begins where the first record does, should there be only a large one.
        const chance = at === 0 ? 0 : home.random.float();
        const offset = SEGMENT_HEADER_BYTES + Math.floor(((at + chance) * step) / 8) * 8;
        const window = Buffer.alloc(Math.max(0, Math.min(bytes, end - offset)));
        await budget.take(window.length);
        await handle.read(window, offset);
        await this.#count({ window, at: entry.base + offset }, sample);
        await budget.slice();
      }
    });
  }

  /** Adds what a window holds to the sample. */
  async #count(
    place: { readonly window: Buffer; readonly at: Position },
    sample: Sample,
  ): Promise<void> {
    const { window } = place;
    const { identity } = this.#home.home;
    let left = SAMPLE_MUTATIONS;
    for (let at = 0; at + RECORD_HEADER_BYTES <= window.length && left > 0;) {
      const record = peekRecord(window, at, identity);
      if (record === undefined) {
        at += 8;
        continue;
      }
      const bodyAt = place.at + at + RECORD_HEADER_BYTES;
      left -= this.#batch(record, left, sample) || (await this.#stream(record, bodyAt, sample));
      at = record.end;
    }
  }

  /** Returns how many mutations were looked up. */
  #batch(record: PeekedRecord, max: number, sample: Sample): number {
    let looked = 0;
    for (const { op, space, key, valueBytes } of tableEntries(record)) {
      if (looked >= max) break;
      looked++;
      const full = op === OP_DROP ? spacePrefix(space) : fullKey(space, key);
      const bytes = MUTATION_BYTES + key.length + valueBytes;
      const live = this.#home.liveness.isLive({ op, full, lsn: record.lsn }, ALWAYS);
      sample.add(space, bytes, live ? 0 : bytes);
      if (live && op !== OP_PUT) sample.tombstones += bytes;
    }
    return looked;
  }

  async #stream(record: PeekedRecord, bodyAt: Position, sample: Sample): Promise<number> {
    const stream = streamOf({ ...record, position: bodyAt, body: record.table });
    if (stream === undefined) return 1;
    const { lsn, time } = record;
    const { space, position, body, ranges } = stream;
    const whole = ranges.reduce((sum, { start, end }) => sum + end - start, 0);
    const owner = this.#home.streamOwner();
    const answer = await owner?.liveness(space, { lsn, time, position, body });
    const all = answer === undefined || answer === "all";
    const live = all ? whole : answer.reduce((sum, { start, end }) => sum + end - start, 0);
    sample.add(space, RECORD_HEADER_BYTES + whole, Math.max(0, whole - live));
    return 1;
  }
}
