import { fullKey, spacePrefix } from "../index/memtable.ts";
import type { SegmentEntry } from "../log/manifest.ts";
import { mutationsOf, streamOf } from "../log/record-content.ts";
import { OP_DROP, OP_PUT, RECORD_HEADER_BYTES } from "../log/record.ts";
import type { ScanSource } from "../log/segment-scan.ts";
import { findDurableClaim, groupsEnd, scanSegment } from "../log/segment-scan.ts";
import { SEGMENT_HEADER_BYTES } from "../log/frame.ts";
import type { LoggedRecord } from "../log/shard-log.ts";
import type { Position } from "../store-api.ts";
import type { PackerHome } from "./segment-packer.ts";

/** Places of a segment that are looked at, and mutations at each. */
const SAMPLES = 4;
const SAMPLE_MUTATIONS = 32;
/** What one read of a scan takes from the disk. */
const SAMPLE_BYTES: number = 1024 * 1024;
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
}

const ALWAYS = (): boolean => true;

/** How much garbage there is in each sealed segment, found by sampling keys. */
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

  /** Looks at the segment again, unless that was done when the log ended at `since` or later. */
  async refresh(entry: SegmentEntry, since: Position, now: Position): Promise<Estimate> {
    const known = this.#estimates.get(entry.id);
    if (known !== undefined && known.madeAt >= since) return known;
    const sample = await this.#sample(entry);
    const total = Math.max(1, sample.total);
    const { dead, tombstones } = sample;
    const estimate = { dead: dead / total, tombstones: tombstones / total, madeAt: now };
    this.#estimates.set(entry.id, estimate);
    return estimate;
  }

  async #sample(entry: SegmentEntry): Promise<Sample> {
    const { files, home } = this.#home;
    const limit = groupsEnd(entry) as number;
    const sample = { total: 0, dead: 0, tombstones: 0 };
    const step = (limit - SEGMENT_HEADER_BYTES) / SAMPLES;
    await files.with(entry, async (handle) => {
      const source = { handle, entry, limit, identity: home.identity };
      for (let at = 0; at < SAMPLES; at++) {
        const offset = SEGMENT_HEADER_BYTES + Math.floor((at + this.#chance()) * step);
        const found = await findDurableClaim(source, at === 0 ? 0 : offset, -1);
        if (found !== undefined) await this.#sampleFrom(source, found.offset, sample);
      }
    });
    return sample;
  }

  async #sampleFrom(source: ScanSource, offset: number, sample: Sample): Promise<void> {
    const scan = scanSegment(source, offset, undefined);
    let left = SAMPLE_MUTATIONS;
    await this.#home.budget.take(SAMPLE_BYTES);
    for await (const records of scan) {
      // A large group holds many: as many as are wanted, from all of it.
      const stride = Math.max(1, Math.floor(records.length / left));
      for (let at = 0; at < records.length && left > 0; at += stride) {
        left -= await this.#count(records[at] as LoggedRecord, sample, left);
        await this.#home.budget.slice();
      }
      if (left <= 0) return;
    }
  }

  /** Adds what a record holds to the sample; returns how much was looked at. */
  async #count(record: LoggedRecord, sample: Sample, max: number): Promise<number> {
    const stream = streamOf(record);
    if (stream !== undefined) {
      const { lsn, time, body } = { ...record, body: stream.body };
      const { space, position, ranges } = stream;
      const whole = ranges.reduce((sum, { start, end }) => sum + end - start, 0);
      const owner = this.#home.streamOwner();
      const answer = await owner?.liveness(space, { lsn, time, position, body });
      const all = answer === undefined || answer === "all";
      const live = all ? whole : answer.reduce((sum, { start, end }) => sum + end - start, 0);
      sample.total += RECORD_HEADER_BYTES + whole;
      sample.dead += Math.max(0, whole - live);
      return 1;
    }
    const mutations = mutationsOf(record);
    const stride = Math.max(1, Math.floor(mutations.length / max));
    let looked = 0;
    for (let at = 0; at < mutations.length && looked < max; at += stride, looked++) {
      const { op, space, key, value } = mutations[at] as (typeof mutations)[number];
      const full = op === OP_DROP ? spacePrefix(space) : fullKey(space, key);
      const bytes = MUTATION_BYTES + key.length + value.length;
      sample.total += bytes;
      const live = this.#home.liveness.isLive({ op, full, lsn: record.lsn }, ALWAYS);
      if (!live) sample.dead += bytes;
      else if (op !== OP_PUT) sample.tombstones += bytes;
    }
    return Math.max(1, looked);
  }

  #chance(): number {
    return this.#home.home.random.float();
  }
}

interface Sample {
  total: number;
  dead: number;
  tombstones: number;
}
