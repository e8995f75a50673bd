/**
 * Rewrites a run of neighbouring sealed segments in its own place: what is live of them, in the
 * order of the log, under the positions that it has (docs/decisions/0012).
 */
import { fullKey, spacePrefix } from "../index/memtable.ts";
import { SEGMENT_HEADER_BYTES } from "../log/frame.ts";
import type { LogHome } from "../log/log-home.ts";
import type { SegmentEntry } from "../log/manifest.ts";
import { encodePackedBatch, encodePackedStream } from "../log/packed-record.ts";
import type { EncodedRecord } from "../log/packed-record.ts";
import { PackedWriter } from "../log/packed-writer.ts";
import { mutationsOf, streamOf, streamSpaceOf } from "../log/record-content.ts";
import type { LoggedMutation } from "../log/record-content.ts";
import { OP_DROP, OP_PUT } from "../log/record.ts";
import type { SegmentFiles } from "../log/segment-files.ts";
import { groupsEnd, scanSegment } from "../log/segment-scan.ts";
import type { LoggedRecord } from "../log/shard-log.ts";
import type { ByteRange, KeySpaceId, Lsn, StreamOwner } from "../store-api.ts";
import type { Liveness } from "./liveness.ts";
import { PackedRun, segmentDamaged } from "./packed-run.ts";
import type { PackedResult } from "./packed-run.ts";
import type { SpaceBudget } from "./space-budget.ts";

/** Mutations between two looks at the clock: about a tenth of a millisecond. */
const SLICE_MUTATIONS = 16;

export interface PackerHome {
  readonly home: LogHome;
  readonly files: SegmentFiles;
  readonly liveness: Liveness;
  readonly budget: SpaceBudget;
  /** Who says what of a stream's records is still mapped. */
  readonly streamOwner: () => StreamOwner | undefined;
  /** LSN of the newest record of a stream. */
  readonly streamTail: (space: KeySpaceId) => Promise<Lsn>;
}

export interface Packed extends PackedResult {
  readonly bytesRead: number;
  /** Values were taken for deleted because the index has none. */
  readonly trustsAbsence: boolean;
}

export class SegmentPacker {
  readonly #home: PackerHome;
  readonly #run: readonly SegmentEntry[];
  readonly #mayBeOlder: (full: string) => boolean;
  readonly #into: PackedRun;
  #bytesRead = 0;
  #untilSlice = SLICE_MUTATIONS;
  #absences = 0;

  /** @param mayBeOlder whether a segment before the run may hold a value of a key. */
  constructor(
    home: PackerHome,
    run: readonly SegmentEntry[],
    mayBeOlder: (full: string) => boolean,
  ) {
    this.#home = home;
    this.#run = run;
    this.#mayBeOlder = mayBeOlder;
    const { identity } = home.home;
    const take = (bytes: number): Promise<void> => home.budget.take(bytes);
    const [first, last] = [run[0], run.at(-1)] as [SegmentEntry, SegmentEntry];
    const capacity = last.base + last.capacity - first.base;
    const range = { kind: "commit", base: first.base, capacity } as const;
    const create = (): Promise<PackedWriter> => PackedWriter.create(home.home, home.files, range);
    this.#into = new PackedRun({ identity, create, take });
  }

  /**
   * @throws what the disk says; FIRN_STORE_DAMAGED when a segment, FIRN_RECORD_CORRUPT when the
   * index fails to verify. Then nothing of it is left.
   */
  async pack(): Promise<Packed> {
    this.#absences = this.#home.liveness.absences;
    try {
      for (const entry of this.#run) await this.#segment(entry);
      const packed = await this.#into.finish();
      const trustsAbsence = this.#home.liveness.absences > this.#absences;
      return { ...packed, bytesRead: this.#bytesRead, trustsAbsence };
    } catch (error) {
      await this.#into.abandon();
      throw error;
    }
  }

  /** Removes what `pack` has written: it is not wanted after all. */
  async abandon(): Promise<void> {
    await this.#into.abandon();
  }

  async #segment(entry: SegmentEntry): Promise<void> {
    const { files, home, budget } = this.#home;
    const limit = groupsEnd(entry) as number;
    this.#into.noteLsn(entry.packed?.firstLsn ?? 0);
    await files.with(entry, async (handle) => {
      const source = { handle, entry, limit, identity: home.identity };
      const scan = scanSegment(source, SEGMENT_HEADER_BYTES, undefined);
      let step = await scan.next();
      for (; !step.done; step = await scan.next()) {
        const bytes = step.value.reduce((sum, { body }) => sum + body.length, 0);
        this.#bytesRead += bytes;
        await budget.take(bytes);
        await this.#group(step.value);
      }
      if (step.value.offset < limit)
        throw segmentDamaged(entry.id, files.path(entry), step.value.offset);
    });
    this.#into.noteLsn(entry.packed?.lastLsn ?? 0);
  }

  /** Waits only where it must: most records are small, and most of them dead. */
  async #group(records: readonly LoggedRecord[]): Promise<void> {
    const { identity } = this.#home.home;
    for (const record of records) {
      this.#into.noteLsn(record.lsn);
      this.#into.noteTime(record.time);
      if (streamSpaceOf(record) !== undefined) {
        const stream = await this.#stream(record);
        if (stream !== undefined) await this.#into.keep(record.lsn, stream);
        continue;
      }
      const mutations = mutationsOf(record);
      const live: LoggedMutation[] = [];
      for (let at = 0; at < mutations.length; at += SLICE_MUTATIONS) {
        this.#sift(record.lsn, mutations.slice(at, at + SLICE_MUTATIONS), live);
        if (this.#untilSlice <= 0) await this.#slice();
      }
      if (live.length > 0)
        await this.#into.keep(record.lsn, encodePackedBatch(record, live, identity));
    }
  }

  /** Adds to `live` what must stay. */
  #sift(lsn: Lsn, mutations: readonly LoggedMutation[], live: LoggedMutation[]): void {
    const { liveness } = this.#home;
    this.#untilSlice -= mutations.length;
    for (const mutation of mutations) {
      const { op, space, key } = mutation;
      const full = op === OP_DROP ? spacePrefix(space) : fullKey(space, key);
      if (!liveness.isLive({ op, full, lsn }, this.#mayBeOlder)) continue;
      live.push(mutation);
      if (op === OP_PUT) this.#into.noteKey(space, full);
    }
  }

  async #stream(record: LoggedRecord): Promise<EncodedRecord | undefined> {
    const stream = streamOf(record);
    if (stream === undefined) return undefined;
    const { streamOwner, streamTail, home, liveness } = this.#home;
    const { lsn, time } = record;
    const { space, position, body } = stream;
    if (!liveness.holds(space)) return undefined;
    const answer = await streamOwner()?.liveness(space, { lsn, time, position, body });
    const all = answer === undefined || answer === "all";
    const ranges = all ? stream.ranges : common(stream.ranges, answer);
    // The newest record of a stream says how far the stream has come.
    if (ranges.length === 0 && (await streamTail(space)) > lsn) return undefined;
    return encodePackedStream(record, { ...stream, ranges }, home.identity);
  }

  async #slice(): Promise<void> {
    this.#untilSlice = SLICE_MUTATIONS;
    await this.#home.budget.slice();
  }
}

/** What two ascending lists of ranges have in common. */
function common(a: readonly ByteRange[], b: readonly ByteRange[]): ByteRange[] {
  const ranges: ByteRange[] = [];
  for (let [i, j] = [0, 0]; i < a.length && j < b.length;) {
    const [x, y] = [a[i] as ByteRange, b[j] as ByteRange];
    const [start, end] = [Math.max(x.start, y.start), Math.min(x.end, y.end)];
    if (start < end) ranges.push({ start, end });
    if (x.end < y.end) i++;
    else j++;
  }
  return ranges;
}
