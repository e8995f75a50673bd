/**
 * Knows how much of the log is garbage, and how hard that presses. Between two looks it goes by
 * what the last ones showed: how much of what was written made garbage of something else.
 */
import type { SegmentEntry } from "../log/manifest.ts";
import { firstLsnOf } from "../log/read-tail.ts";
import { groupsEnd } from "../log/segment-scan.ts";
import type { SpaceGarbage } from "../status-api.ts";
import type { KeySpaceId, Lsn, Position } from "../store-api.ts";
import type { Candidate } from "./choose-run.ts";
import { GARBAGE_PART_MAX, GARBAGE_SEGMENTS_MIN, garbageOf } from "./choose-run.ts";
import type { CompactorHome } from "./compactor.ts";
import { GarbageSurvey } from "./garbage-survey.ts";

/** An estimate is made again when the log has grown by this part of itself. */
const REFRESH_FRACTION = 1 / 8;
/** Tombstones are looked at again when so much is left of what lay before them. */
const RETRY_PART = 0.75;
/** Writers are slowed down from this part of garbage on, a little at first… */
const DELAY_FROM = 0.47;
/** …and by so much for each further hundredth: at one half by 15 ms. */
const DELAY_MS_PER_HUNDREDTH = 5;
/** Never longer: whoever writes alone still gets something done. */
const DELAY_MS_MAX = 100;
/** Weight of the newest look in how much of what is written makes garbage. */
const NEWEST_WEIGHT = 0.5;

export class GarbageLookout {
  readonly #home: CompactorHome;
  readonly #survey: GarbageSurvey;
  /** Segments whose tombstones had to stay, until what lies before them has so many bytes. */
  readonly #keptFor = new Map<number, number>();
  /** No record of a segment has a higher LSN. */
  readonly #lastLsns = new Map<number, Lsn>();
  /** What the last look saw, less what was freed since. */
  #garbage = 0;
  #total = 0;
  #lookedAt: Position = 0;
  /** Estimates made when the log ended before this are too old. */
  #trustFrom: Position = 0;
  #freedSince = 0;
  /** How much of each byte written makes garbage of another, 0 to 1. */
  #rate = 0;

  constructor(home: CompactorHome) {
    this.#home = home;
    this.#survey = new GarbageSurvey(home);
  }

  /** Bytes that nobody needs, as far as it is known. */
  get garbageBytes(): number {
    const grown = Math.max(0, this.#home.queue.head - this.#lookedAt);
    return Math.max(0, this.#garbage - this.#freedSince + grown * this.#rate);
  }

  get totalBytes(): number {
    const grown = Math.max(0, this.#home.queue.head - this.#lookedAt);
    return Math.max(0, this.#total - this.#freedSince + grown);
  }

  /** More garbage than should be: it is worth slowing others down a little. */
  get isUrgent(): boolean {
    const { segmentBytes } = this.#home;
    const most = Math.max(GARBAGE_SEGMENTS_MIN * segmentBytes, this.totalBytes * GARBAGE_PART_MAX);
    return this.garbageBytes > most;
  }

  /**
   * How long a writer should wait before it makes more of it, in milliseconds: garbage stays below
   * what is live, and a constant, however fast somebody writes.
   */
  get delayMs(): number {
    if (this.garbageBytes < 2 * GARBAGE_SEGMENTS_MIN * this.#home.segmentBytes) return 0;
    const over = this.garbageBytes / this.totalBytes - DELAY_FROM;
    return over <= 0 ? 0 : Math.min(DELAY_MS_MAX, over * 100 * DELAY_MS_PER_HUNDREDTH);
  }

  /** By key space, as far as segments were looked at: the newest are not. */
  perSpace(): SpaceGarbage[] {
    const spaces = new Map<KeySpaceId, { bytes: number; garbageBytes: number }>();
    for (const entry of this.#home.files.entries) {
      const stored = entry.sealedBytes ?? 0;
      for (const { space, share, dead } of this.#survey.get(entry)?.spaces ?? []) {
        const sum = spaces.get(space) ?? { bytes: 0, garbageBytes: 0 };
        sum.bytes += stored * share;
        sum.garbageBytes += stored * dead;
        spaces.set(space, sum);
      }
    }
    return Array.from(spaces, ([space, { bytes, garbageBytes }]) => ({
      space,
      bytes: Math.round(bytes),
      garbageBytes: Math.round(garbageBytes),
    }));
  }

  /** Did the last look at a segment meet deletions? */
  hasTombstones(entry: SegmentEntry): boolean {
    return (this.#survey.get(entry)?.tombstones ?? 0) > 0;
  }

  /** A run was replaced. */
  noteReplaced(
    old: readonly SegmentEntry[],
    next: SegmentEntry | undefined,
    olderBytes: number,
  ): void {
    for (const { id } of old) {
      this.#keptFor.delete(id);
      this.#lastLsns.delete(id);
    }
    if (next !== undefined) this.#keptFor.set(next.id, olderBytes * RETRY_PART);
    this.#freedSince += bytesOf(old) - (next?.sealedBytes ?? 0);
  }

  /** Makes the next look estimate everything anew: a few deletions may have freed a lot. */
  distrust(): void {
    this.#trustFrom = this.#home.queue.head;
  }

  /** Estimates of everything that may be packed, made again where they are old. */
  async look(
    eligible: readonly SegmentEntry[],
    examine: (work: () => Promise<unknown>) => Promise<unknown>,
  ): Promise<Candidate[]> {
    const { queue, files, segmentBytes } = this.#home;
    const now = queue.head;
    const old = now - Math.max(segmentBytes, bytesOf(eligible) * REFRESH_FRACTION);
    const since = Math.max(old, this.#trustFrom);
    this.#survey.keepOnly(files.entries);
    const { entries } = files;
    const wanted = new Set(eligible);
    for (const [at, entry] of entries.entries()) {
      if (!wanted.has(entry)) continue;
      if (!this.#lastLsns.has(entry.id)) await this.#noteLastLsn(entries, at);
      if (this.#survey.isFresh(entry, since)) continue;
      await examine(() => this.#survey.refresh(entry, now));
    }
    const candidates = this.#candidates(eligible);
    this.#remember(candidates, now);
    return candidates;
  }

  #remember(candidates: readonly Candidate[], now: Position): void {
    const garbage = garbageOf(candidates);
    const grown = now - this.#lookedAt;
    if (this.#lookedAt > 0 && grown >= this.#home.segmentBytes) {
      const made = garbage + this.#freedSince - this.#garbage;
      const rate = Math.min(1, Math.max(0, made / grown));
      this.#rate += (rate - this.#rate) * NEWEST_WEIGHT;
    } else if (this.#lookedAt > 0) return;
    const { entries } = this.#home.files;
    this.#garbage = garbage;
    this.#total = bytesOf(entries) + this.#unsealedBytes(now);
    this.#lookedAt = now;
    this.#freedSince = 0;
  }

  /** What was written into segments that are not sealed yet. */
  #unsealedBytes(now: Position): number {
    const open = this.#home.files.entries.find(({ sealedBytes }) => sealedBytes === undefined);
    return open === undefined ? 0 : Math.max(0, now - open.base);
  }

  #candidates(eligible: readonly SegmentEntry[]): Candidate[] {
    const { queue, pins } = this.#home;
    const pinned = pins.oldestPinnedLsn();
    const candidates: Candidate[] = [];
    let [olderBytes, isBlocked] = [0, false];
    let before: SegmentEntry | undefined;
    const wanted = new Set(eligible);
    for (const entry of this.#home.files.entries) {
      const isFree = wanted.has(entry) && (this.#lastLsns.get(entry.id) ?? Infinity) < pinned;
      if (isFree) {
        const estimate = this.#survey.get(entry);
        const bytes = groupsEnd(entry) as number;
        const tombstones = estimate?.tombstones ?? 0;
        const mayGo = !isBlocked && olderBytes <= (this.#keptFor.get(entry.id) ?? Infinity);
        const dead = (estimate?.dead ?? 0) + (mayGo ? tombstones : 0);
        candidates.push({
          entry,
          bytes,
          dead,
          liveBytes: bytes * (1 - dead),
          blocked: isBlocked ? tombstones : 0,
          age: queue.head - entry.base - entry.capacity,
          follows: before?.id,
        });
      }
      olderBytes += entry.sealedBytes ?? 0;
      isBlocked ||= entry.packed === undefined;
      before = entry;
    }
    return candidates;
  }

  /** Finds an upper bound of the LSNs in a segment: what lies before the next one's first. */
  async #noteLastLsn(entries: readonly SegmentEntry[], at: number): Promise<void> {
    const { files, home } = this.#home;
    const { id } = entries[at] as SegmentEntry;
    for (let later = at + 1; later < entries.length; later++) {
      const next = entries[later] as SegmentEntry;
      const first = await firstLsnOf({ files, identity: home.identity }, next);
      if (first === undefined) continue;
      this.#lastLsns.set(id, first - 1);
      return;
    }
  }
}

export function bytesOf(entries: readonly SegmentEntry[]): number {
  return entries.reduce((sum, { sealedBytes }) => sum + (sealedBytes ?? 0), 0);
}
