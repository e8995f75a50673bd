/**
 * Brings the room of deleted blobs back: segments of which nothing is left are dropped, those that
 * are partly garbage are packed in their own place, so that no chunk's id and no record changes.
 *
 * A crash at any step leaves the old files or the new one named by the manifest, and the others to
 * be removed by the next open. Which chunks are garbage is never written down: each round looks at
 * all records of blobs (live-extents.ts).
 */
import { FirnError } from "../errors.ts";
import { asDiskFull, isRefusal } from "../log/create-segment.ts";
import { SEGMENT_HEADER_BYTES } from "../log/frame.ts";
import type { SegmentEntry } from "../log/manifest.ts";
import type { PackedEntry } from "../log/packed-file.ts";
import { removeRetired, replaceSegments } from "../log/replace-segments.ts";
import type { BlobCompaction } from "../store-api.ts";
import { turn } from "../platform/macrotask.ts";
import { packExtents } from "./extent-packer.ts";
import type { ExtentPackerHome } from "./extent-packer.ts";
import { LiveExtents } from "./live-extents.ts";
import type { LiveChunk, LiveExtentsHome } from "./live-extents.ts";
import { planPacking } from "./plan-packing.ts";
import type { PackingPlan, SegmentUse } from "./plan-packing.ts";
import type { ReaderPins } from "./reader-pins.ts";

/** Live bytes of one plan: 8 GiB are 8192 chunks listed in memory, 65,536 when all are small. */
const PLAN_BYTES_MAX: number = 8 * 1024 * 1024 * 1024;
/** Plans of one run: each frees something, so this ends only what would go on for ever. */
const PLANS_MAX = 1000;
/** Garbage, of a whole segment, for which the one that fills is ended before it is full. */
const ROLL_FRACTION = 1 / 16;

export interface BlobCompactorHome extends ExtentPackerHome, LiveExtentsHome {
  readonly segmentBytes: number;
  readonly readers: ReaderPins;
  /** @throws FIRN_RECORD_CORRUPT when the index cannot be trusted to know every blob. */
  readonly verifyIndex: () => Promise<void>;
  /** The segment that fills, with the bytes of its file. */
  readonly filling: () => { readonly id: number; readonly bytes: number } | undefined;
  /** Ends it. */
  readonly roll: () => Promise<void>;
  /** A manifest that could not be replaced is final, as everywhere. */
  readonly onFailure: (cause: unknown) => void;
}

export interface BlobCompactionOptions {
  /** Part of a segment that must be garbage before its rest is written anew, 0 to 1. */
  readonly minGarbage: number;
  /** Part of all that is stored that may be garbage before anything is copied. Default 0. */
  readonly garbageAllowed?: number | undefined;
  /** Ends the segment that fills for any garbage at all. */
  readonly thorough?: boolean | undefined;
}

interface Survey {
  readonly uses: readonly SegmentUse[];
  readonly plan: PackingPlan;
  readonly chunks: ReadonlyMap<number, readonly LiveChunk[]>;
  /** Garbage in the segment that fills. */
  readonly fillingGarbage: number;
}

interface Applied {
  readonly freed: number;
  readonly garbageLeft: number;
  /** Every group was packed. */
  readonly isWhole: boolean;
}

export class BlobCompactor {
  readonly #home: BlobCompactorHome;
  /** Segments with bytes that do not verify: scrub reports them, and repairs what it can. */
  readonly #damaged = new Set<number>();
  #running: Promise<BlobCompaction> | undefined;
  /** What the last run found and did; `undefined` before the first one. */
  last: BlobCompaction | undefined;

  constructor(home: BlobCompactorHome) {
    this.#home = home;
  }

  /**
   * Packs and drops until nothing is left that is worth it. One run at a time: who comes second
   * gets a run of its own. Room is free when the last reader from before has ended.
   * @throws FIRN_DISK_FULL, FIRN_STORE_CLOSED, FIRN_RECORD_CORRUPT (of the index), or what the disk
   *   says; what was done until then stays done.
   */
  async run(options: BlobCompactionOptions): Promise<BlobCompaction> {
    while (this.#running !== undefined) await this.#running.catch(() => undefined);
    this.#running = this.#run(options);
    try {
      this.last = await this.#running;
      return this.last;
    } catch (error) {
      throw asDiskFull(error);
    } finally {
      this.#running = undefined;
    }
  }

  /** Resolves when nothing runs; stop the budget first. */
  async settled(): Promise<void> {
    await this.#running?.catch(() => undefined);
  }

  async #run(options: BlobCompactionOptions): Promise<BlobCompaction> {
    const { files, roll, segmentBytes } = this.#home;
    const segmentsBefore = files.entries.length;
    let freedBytes = 0;
    let rolled = false;
    for (let plans = 1; ; plans++) {
      const survey = await this.#survey(options);
      const { plan, fillingGarbage } = survey;
      const { freed, garbageLeft, isWhole } = await this.#apply(survey);
      freedBytes += freed;
      // A group with a damaged segment is left out; its other segments are planned anew.
      if ((plan.isPartial || !isWhole) && plans < PLANS_MAX) continue;
      const enough = options.thorough === true ? 1 : segmentBytes * ROLL_FRACTION;
      if (!rolled && fillingGarbage >= enough) {
        rolled = true;
        await roll();
        continue;
      }
      const liveBytes = sum(survey.uses, (use) => use.liveBytes);
      const garbageBytes = garbageLeft + fillingGarbage;
      const segmentsAfter = files.entries.length;
      return { segmentsBefore, segmentsAfter, freedBytes, liveBytes, garbageBytes };
    }
  }

  /** What there is, what to do about it, and what must stay of that. */
  async #survey(options: BlobCompactionOptions): Promise<Survey> {
    const { minGarbage, garbageAllowed = 0 } = options;
    const { files, segmentBytes, verifyIndex, filling } = this.#home;
    await verifyIndex();
    // Whoever has just written a chunk has noted it when this resolves, though its segment was
    // sealed in between.
    await turn();
    const open = filling();
    const entries = [...files.entries];
    const live = new LiveExtents(this.#home);
    try {
      const counts = await live.count(files);
      const uses = entries.map((entry) => this.#use(entry, counts.get(entry.id) ?? 0));
      const rules = { minGarbage, garbageAllowed, segmentBytes, liveBytesMax: PLAN_BYTES_MAX };
      const plan = planPacking(uses, rules);
      const victims = plan.groups.flat().map(({ entry }) => entry);
      const chunks = victims.length === 0 ? new Map() : await live.within(files, victims);
      const openLive = counts.get(open?.id ?? 0) ?? 0;
      const fillingGarbage = Math.max(0, (open?.bytes ?? 0) - SEGMENT_HEADER_BYTES - openLive);
      return { uses, plan, chunks, fillingGarbage };
    } finally {
      live.close();
    }
  }

  #use(entry: SegmentEntry, liveBytes: number): SegmentUse {
    if (entry.sealedBytes === undefined) {
      return { entry, state: "open", usedBytes: liveBytes, liveBytes };
    }
    const end = entry.packed?.dataBytes ?? entry.sealedBytes;
    const usedBytes = Math.max(end - SEGMENT_HEADER_BYTES, liveBytes);
    const state = this.#damaged.has(entry.id) ? "damaged" : "sealed";
    return { entry, state, usedBytes, liveBytes };
  }

  async #apply({ uses, plan, chunks }: Survey): Promise<Applied> {
    const dead = plan.dead.map(({ entry }) => entry);
    if (dead.length > 0) await this.#replace(dead, undefined);
    let freed = sum(dead, fileBytes);
    let isWhole = true;
    let garbageLeft = sum(uses, garbageOf) - sum(plan.dead, garbageOf);
    for (const group of plan.groups) {
      const old = group.map(({ entry }) => entry);
      const live = old.flatMap(({ id }) => chunks.get(id) ?? []);
      const next = await this.#pack(old, live);
      isWhole &&= next !== undefined;
      if (next === undefined) continue;
      await this.#replace(old, next);
      freed += sum(old, fileBytes) - fileBytes(next);
      garbageLeft -= sum(group, garbageOf);
    }
    return { freed, garbageLeft, isWhole };
  }

  /** `undefined` when a chunk does not verify: then its segment is left to scrub. */
  async #pack(
    old: readonly SegmentEntry[],
    live: readonly LiveChunk[],
  ): Promise<PackedEntry | undefined> {
    try {
      return await packExtents(this.#home, old, live);
    } catch (error) {
      if (!(error instanceof FirnError) || error.kind !== "corruption") throw error;
      const damaged = this.#home.files.find(error.detail["chunk"] as number);
      for (const { id } of damaged === undefined ? old : [damaged]) this.#damaged.add(id);
      return undefined;
    }
  }

  async #replace(old: readonly SegmentEntry[], next: PackedEntry | undefined): Promise<void> {
    const { home, files, readers, onFailure } = this.#home;
    try {
      const retired = await replaceSegments(home, files, { old, next });
      // A file that cannot be removed now is removed by the next open.
      const removal = (): Promise<void> => removeRetired(home, files, retired);
      const removed = readers.retire(removal).catch(() => undefined);
      if (readers.waiting === 0) await removed;
    } catch (error) {
      // The manifest on the disk may name it.
      const unnamed = next !== undefined && !home.manifest.uncertain;
      if (unnamed) await home.fileSystem.remove(files.path(next)).catch(() => undefined);
      const full = asDiskFull(error);
      if (!isRefusal(full)) onFailure(error);
      throw full;
    }
  }
}

function garbageOf({ usedBytes, liveBytes }: SegmentUse): number {
  return usedBytes - liveBytes;
}

function fileBytes({ sealedBytes }: SegmentEntry): number {
  return sealedBytes ?? 0;
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
