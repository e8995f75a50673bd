/**
 * Compaction of the commit log: space comes back, and nobody notices.
 *
 * Sealed segments that the index has followed are looked at now and then (a few keys of each); when
 * a good part of the log is garbage, the run of neighbours whose rewriting gains most for its cost
 * is packed in its own place, until enough is gone. All of it in small slices, with the store's
 * budget for background work. What is replaced stays readable until the readers of that moment are
 * done.
 *
 * A segment that fails to verify is left alone for good: damage is for scrub to report, and no byte
 * of it is thrown away here.
 */
import { defer } from "../deferred.ts";
import { FirnError } from "../errors.ts";
import type { OrderedIndex } from "../index/ordered-index.ts";
import type { CommitQueue } from "../log/commit-queue.ts";
import { isRefusal, asDiskFull } from "../log/create-segment.ts";
import type { SegmentEntry } from "../log/manifest.ts";
import { removeRetired, replaceSegments } from "../log/replace-segments.ts";
import type { SpaceGarbage } from "../status-api.ts";
import type { LogCompaction, Position } from "../store-api.ts";
import { chooseRun } from "./choose-run.ts";
import type { Candidate } from "./choose-run.ts";
import type { DiskReserve } from "../log/disk-reserve.ts";
import { GarbageLookout, bytesOf } from "./garbage-lookout.ts";
import { KeyFilters } from "./key-filters.ts";
import type { Pins } from "./pins.ts";
import type { ReaderPins } from "./reader-pins.ts";
import { packRun } from "./run-packer.ts";
import type { Packing } from "./run-packer.ts";
import type { Packed, PackerHome } from "./segment-packer.ts";

/** A rewrite that saves less than this part of what it read was not worth its place. */
const GAIN_MIN = 1 / 16;

const KEEPS_ALL = (): boolean => true;
/** Log bytes between two verifications of an index that does not verify what it reads. */
const VERIFY_BYTES: number = 1024 * 1024 * 1024;

export interface CompactorHome extends PackerHome {
  readonly index: () => OrderedIndex;
  readonly queue: CommitQueue;
  readonly pins: Pins;
  readonly readers: ReaderPins;
  /** Bytes of a full segment: what a run is rewritten into. */
  readonly segmentBytes: number;
  readonly reserve: DiskReserve;
  /** The index fails to verify: it should be made anew. */
  readonly onIndexDamaged: (what: string) => void;
  /** Works by itself, not only when asked. */
  readonly auto: boolean;
}

type Totals = { -readonly [K in keyof LogCompaction]: number };

export class Compactor {
  /** What was done since the store was opened. */
  readonly totals: Totals = {
    segmentsReplaced: 0,
    segmentsWritten: 0,
    bytesRead: 0,
    bytesWritten: 0,
    bytesFreed: 0,
  };
  readonly #home: CompactorHome;
  readonly #lookout: GarbageLookout;
  readonly #filters: KeyFilters;
  /** Segments that failed to verify. */
  readonly #damaged = new Set<number>();
  #running: Promise<void> | undefined;
  #isPaused = false;
  #stopped = false;
  /** Where the log ended at the last look. */
  #lookedAt: Position = 0;
  /** Where the log ended when the index was last verified as a whole. */
  #verifiedAt: Position = -VERIFY_BYTES;
  /** Why the last run failed; the next look tries again. */
  failure: unknown;

  constructor(home: CompactorHome) {
    this.#home = home;
    this.#lookout = new GarbageLookout(home);
    this.#filters = new KeyFilters(home.files, home.home.identity);
  }

  /** Bytes of the log that nobody needs, as far as it was looked at. */
  get garbageBytes(): number {
    return this.#lookout.garbageBytes;
  }

  /** The same by key space. */
  garbagePerSpace(): SpaceGarbage[] {
    return this.#lookout.perSpace();
  }

  /** Works, and has more to do than there should be. */
  get isUrgent(): boolean {
    return this.#isWorking && this.#lookout.isUrgent;
  }

  /** How long a writer should wait, so that garbage does not outgrow what is live. */
  get delayMs(): number {
    return this.#isWorking ? this.#lookout.delayMs : 0;
  }

  /** The index has followed the log a little further: looks whether there is something to do. */
  poke(): void {
    const { auto, queue, segmentBytes } = this.#home;
    if (!auto || this.#stopped || this.#running !== undefined) return;
    if (queue.head - this.#lookedAt < segmentBytes && this.#lookedAt > 0) return;
    this.#lookedAt = queue.head;
    void this.#exclusively(() => this.#withRoom(() => this.#relieve())).catch((error: unknown) => {
      this.failure = error;
    });
  }

  /**
   * The disk is full: gives the reserve back and uses it to pack what leaves least behind, whatever
   * it gains, until as much is free again and a little more.
   */
  makeRoom(): void {
    if (this.#stopped || this.#running !== undefined) return;
    void this.#exclusively(() => this.#makeRoom()).catch((error: unknown) => {
      this.failure = error;
    });
  }

  /** Packs everything that may be packed and gains by it. */
  async compactAll(): Promise<LogCompaction> {
    while (this.#running !== undefined) await this.#running.catch(() => undefined);
    const before = { ...this.totals };
    await this.#exclusively(() => this.#withRoom(() => this.#packAll()));
    return {
      segmentsReplaced: this.totals.segmentsReplaced - before.segmentsReplaced,
      segmentsWritten: this.totals.segmentsWritten - before.segmentsWritten,
      bytesRead: this.totals.bytesRead - before.bytesRead,
      bytesWritten: this.totals.bytesWritten - before.bytesWritten,
      bytesFreed: this.totals.bytesFreed - before.bytesFreed,
    };
  }

  /**
   * Waits for the run under way and holds the next ones back, until the returned call. For whoever
   * reads the whole log bit by bit: a deletion may go together with the value that it deletes, and
   * must not go when only the value was read.
   */
  async pause(): Promise<() => void> {
    while (this.#running !== undefined) await this.#running.catch(() => undefined);
    const held = defer<void>();
    this.#isPaused = true;
    this.#running = held.promise.finally(() => {
      this.#isPaused = false;
      this.#running = undefined;
    });
    return () => held.resolve(undefined);
  }

  /** Ends at the next step; what is half done is left to the next time. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (!this.#isPaused) await this.#running?.catch(() => undefined);
  }

  get #isWorking(): boolean {
    return this.#running !== undefined && !this.#isPaused;
  }

  #exclusively(work: () => Promise<void>): Promise<void> {
    const running = work().finally(() => {
      this.#running = undefined;
    });
    this.#running = running;
    return running;
  }

  /** Where the disk has no room for it: first, with the reserve, what gives most of it back. */
  async #withRoom(work: () => Promise<void>): Promise<void> {
    const { bytesFreed } = this.totals;
    try {
      await work();
    } catch (error) {
      if (!isRefusal(error)) throw error;
      await this.#makeRoom();
      if (this.totals.bytesFreed === bytesFreed) throw error;
      await work().catch((again: unknown) => {
        if (!isRefusal(again)) throw again;
      });
    }
  }

  async #makeRoom(): Promise<void> {
    const { reserve } = this.#home;
    const enough = this.totals.bytesFreed + 2 * reserve.bytes;
    this.#lookout.distrust();
    const left = new Set<SegmentEntry>();
    while (this.totals.bytesFreed < enough && !this.#stopped) {
      const least = leastLive(await this.#look(), left);
      if (least === undefined) break;
      // Not before there is something to gain by it: others wait for every byte.
      if (left.size === 0) await reserve.release();
      left.add(least.entry);
      await this.#pack([least.entry], false);
    }
    if (left.size > 0) await reserve.hold();
  }

  /** Runs until little enough of the log is garbage. */
  async #relieve(): Promise<void> {
    const left = new Set<SegmentEntry>();
    for (;;) {
      const candidates = (await this.#look()).filter(({ entry }) => !left.has(entry));
      const run = chooseRun(candidates, this.#home.segmentBytes);
      if (this.#stopped) return;
      if (run === undefined) return this.#hold();
      await this.#pack(run, false);
      // Pinned, damaged, or not worth it after all: not again before the next look.
      for (const entry of run) if (this.#home.files.entries.includes(entry)) left.add(entry);
    }
  }

  /** Oldest first, so that tombstones meet filters of everything before them. */
  async #packAll(): Promise<void> {
    const { segmentBytes } = this.#home;
    const done = new Set<number>();
    this.#lookout.distrust();
    for (;;) {
      const candidates = (await this.#look()).filter(({ entry }) => !done.has(entry.id));
      const run: SegmentEntry[] = [];
      let live = 0;
      for (const { entry, liveBytes } of candidates) {
        const last = run.at(-1);
        const apart = last !== undefined && !this.#areNeighbours(last, entry);
        if (apart || (run.length > 0 && live + liveBytes > segmentBytes)) break;
        run.push(entry);
        live += liveBytes;
      }
      if (run.length === 0 || this.#stopped) return;
      const damagedBefore = this.#damaged.size;
      const next = await this.#pack(run, true);
      // The run is tried again without what turned out to be damaged.
      if (this.#damaged.size > damagedBefore) continue;
      for (const entry of run) done.add(entry.id);
      if (next !== undefined) done.add(next.id);
    }
  }

  /** A store of more than a segment keeps room for its own cleaning. */
  async #hold(): Promise<void> {
    if (this.#home.files.entries.length > 1) await this.#home.reserve.hold();
  }

  #look(): Promise<Candidate[]> {
    return this.#lookout.look(this.#eligible(), (work) => this.#guarded(work));
  }

  #areNeighbours(a: SegmentEntry, b: SegmentEntry): boolean {
    const { entries } = this.#home.files;
    return entries.indexOf(a) + 1 === entries.indexOf(b);
  }

  /**
   * Sealed, as are all before them, and wholly below what the index covers durably; never the last
   * one, for the next segment's address follows from it.
   */
  #eligible(): SegmentEntry[] {
    const { files, index } = this.#home;
    const mark = index().mark;
    const eligible: SegmentEntry[] = [];
    if (mark === undefined) return eligible;
    for (const entry of files.entries.slice(0, -1)) {
      if (entry.sealedBytes === undefined || entry.base + entry.capacity > mark.position) break;
      if (!this.#damaged.has(entry.id)) eligible.push(entry);
    }
    return eligible;
  }

  /** Packs a run and lets it take its place; returns what is left of it. */
  async #pack(run: readonly SegmentEntry[], all: boolean): Promise<SegmentEntry | undefined> {
    const { files, index } = this.#home;
    const first = files.entries.indexOf(run[0] as SegmentEntry);
    const older = files.entries.slice(0, first);
    // Only deletions ask, and most segments have none.
    const asks = all || run.some((entry) => this.#lookout.hasTombstones(entry));
    const mayBeOlder = asks ? await this.#filters.anyMayHold(older) : KEEPS_ALL;
    const before = index();
    const packing = await this.#guarded(() => packRun(this.#home, run, { mayBeOlder, asks }));
    if (packing === undefined) return undefined;
    const { packed } = packing;
    if (packed.trustsAbsence && !(await this.#isAbsenceCertain(packing))) return undefined;
    // Another index would have answered otherwise, perhaps: it may be one that is being rebuilt.
    const isCertain = index() === before && !this.#stopped;
    if (!isCertain || !this.#isWorthIt(run, packed, all) || !this.#mayThin(packed)) {
      await packing.abandon();
      return undefined;
    }
    await this.#replace(run, packing);
    this.#lookout.noteReplaced(run, packed.entry, bytesOf(older));
    return packed.entry;
  }

  /**
   * Rot may make an index forget a key. Before a value is thrown away for want of an index entry,
   * an index that does not verify what it reads does so now, once in a while.
   */
  async #isAbsenceCertain({ abandon }: Packing): Promise<boolean> {
    const { index, budget, queue } = this.#home;
    const { verify } = index();
    if (verify === undefined || queue.head - this.#verifiedAt < VERIFY_BYTES) return true;
    try {
      await index().verify?.(budget);
      this.#verifiedAt = queue.head;
      return true;
    } catch (error) {
      await abandon();
      this.#home.onIndexDamaged((error as Error).message);
      throw error;
    }
  }

  #mayThin({ thinned }: Packed): boolean {
    return thinned === undefined || this.#home.pins.mayThin(thinned.lsn);
  }

  #isWorthIt(run: readonly SegmentEntry[], { entry }: Packed, all: boolean): boolean {
    const before = bytesOf(run);
    const after = entry?.sealedBytes ?? 0;
    const isFirstPacking = run.some(({ packed }) => packed === undefined);
    // Merging is worth it without a gain in bytes; so is a filter, when all is to be packed.
    return before - after >= before * GAIN_MIN || run.length > 1 || (all && isFirstPacking);
  }

  async #replace(old: readonly SegmentEntry[], { packed, abandon }: Packing): Promise<void> {
    const { entry: next, thinned, bytesRead } = packed;
    const { home, files, queue, readers } = this.#home;
    try {
      queue.assertUsable();
      const retired = await replaceSegments(home, files, { old, next, thinned });
      const removed = readers.retire(() => removeRetired(home, files, retired));
      // A file that cannot be removed now is removed by the next open.
      if (readers.count === 0) await removed.catch(() => undefined);
    } catch (error) {
      // The disk may hold the new state or the old one: both files must stay.
      if (home.manifest.uncertain) queue.fail(error);
      else await abandon();
      throw asDiskFull(error);
    }
    const { totals } = this;
    totals.segmentsReplaced += old.length;
    totals.segmentsWritten += next === undefined ? 0 : 1;
    totals.bytesRead += bytesRead;
    totals.bytesWritten += next?.sealedBytes ?? 0;
    totals.bytesFreed += bytesOf(old) - (next?.sealedBytes ?? 0);
  }

  /** What fails to verify is remembered, and passed over; a full disk ends the look. */
  async #guarded<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      const full = asDiskFull(error);
      if (isRefusal(full)) throw full;
      if (!(error instanceof FirnError) || error.kind !== "corruption") throw error;
      if (error.code !== "FIRN_STORE_DAMAGED") {
        this.#home.onIndexDamaged(error.message);
        throw error;
      }
      this.failure = error;
      this.#damaged.add(error.detail["segment"] as number);
      return undefined;
    }
  }
}

/** The segment that needs least room to be packed, of those with garbage. */
function leastLive(
  candidates: readonly Candidate[],
  left: ReadonlySet<SegmentEntry>,
): Candidate | undefined {
  return candidates
    .filter(({ entry, dead }) => dead > GAIN_MIN && !left.has(entry))
    .sort((a, b) => a.liveBytes - b.liveBytes)[0];
}
