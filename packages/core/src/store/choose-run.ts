import type { SegmentEntry } from "../log/manifest.ts";

/** Garbage that is let be, in segments' worth of bytes: a small store is not rewritten for ever. */
export const GARBAGE_SEGMENTS_MIN = 2;
/**
 * Compaction begins when this part of the log is garbage. The later, the less it has to copy; it
 * must end below one half, estimates err, and the log grows meanwhile.
 */
export const GARBAGE_PART_MAX = 0.44;
/** With less than this part of garbage a segment costs more to rewrite than it gives. */
const DEAD_MIN = 0.1;
/** A neighbour with so much garbage is taken along. */
const NEIGHBOUR_DEAD_MIN = 0.2;
/** A file below this part of a segment is small, and merged with its neighbours. */
const SMALL_PART = 0.25;
/** So many small files in a row are merged even without garbage. */
const SMALL_FILES_MAX = 8;
/** Segments that one run takes together, at the most. */
const RUN_SEGMENTS_MAX = 16;

/** A segment that may be packed, with what a sample said of it. */
export interface Candidate {
  readonly entry: SegmentEntry;
  readonly bytes: number;
  /** Part of it that is garbage, tombstones that may go included. */
  readonly dead: number;
  readonly liveBytes: number;
  /** Part that is tombstones which stay for want of a filter of some segment before it. */
  readonly blocked: number;
  /** Bytes of log behind it. */
  readonly age: number;
  /** The segment before it, if any, by id. */
  readonly follows: number | undefined;
}

export function garbageOf(candidates: readonly Candidate[]): number {
  return candidates.reduce((sum, { bytes, dead }) => sum + bytes * dead, 0);
}

/** The run whose rewriting gains most for its cost; `undefined` when there is little to gain. */
export function chooseRun(
  candidates: readonly Candidate[],
  segmentBytes: number,
): SegmentEntry[] | undefined {
  const total = candidates.reduce((sum, { bytes }) => sum + bytes, 0);
  const most = Math.max(GARBAGE_SEGMENTS_MIN * segmentBytes, total * GARBAGE_PART_MAX);
  const garbage = garbageOf(candidates);
  const blocked = candidates.reduce((sum, candidate) => sum + blockedOf(candidate), 0);
  let at = garbage > most ? bestOf(candidates, segmentBytes) : undefined;
  if (at === undefined && garbage + blocked > most) at = firstUnpacked(candidates);
  at ??= smallOnes(candidates, segmentBytes);
  if (at === undefined) return undefined;
  return widened(candidates, at, segmentBytes).map(({ entry }) => entry);
}

/** Cost and benefit: the bytes gained, the longer ago the better, over those read and written. */
function bestOf(candidates: readonly Candidate[], segmentBytes: number): number | undefined {
  let best: number | undefined;
  let bestScore = 0;
  for (const [at, { dead, age }] of candidates.entries()) {
    if (dead < DEAD_MIN) continue;
    const score = (dead / (2 - dead)) * Math.log2(2 + age / segmentBytes);
    if (score <= bestScore) continue;
    bestScore = score;
    best = at;
  }
  return best;
}

/** What stands in the way of tombstones is packed, so that it has a filter. */
function firstUnpacked(candidates: readonly Candidate[]): number | undefined {
  const first = candidates.findIndex(({ entry }) => entry.packed === undefined);
  const last = candidates.findLastIndex((candidate) => blockedOf(candidate) > 0);
  return first >= 0 && first < last ? first : undefined;
}

function blockedOf({ bytes, blocked }: Candidate): number {
  return bytes * blocked;
}

/** The first of many small files in a row. */
function smallOnes(candidates: readonly Candidate[], segmentBytes: number): number | undefined {
  let start = 0;
  for (const [at, candidate] of candidates.entries()) {
    const follows = at > 0 && candidate.follows === candidates[at - 1]?.entry.id;
    if (!isSmall(candidate, segmentBytes)) start = at + 1;
    else if (!follows) start = at;
    if (at - start + 1 >= SMALL_FILES_MAX) return start;
  }
  return undefined;
}

/** With the neighbours that gain by it too, as long as what is left fits into one segment. */
function widened(
  candidates: readonly Candidate[],
  at: number,
  segmentBytes: number,
): readonly Candidate[] {
  let [first, last] = [at, at];
  let live = (candidates[at] as Candidate).liveBytes;
  const takes = (next: Candidate | undefined): next is Candidate =>
    next !== undefined &&
    last - first + 1 < RUN_SEGMENTS_MAX &&
    live + next.liveBytes <= segmentBytes &&
    (next.dead >= NEIGHBOUR_DEAD_MIN || isSmall(next, segmentBytes));
  for (let next = candidates[first - 1]; takes(next); next = candidates[first - 1]) {
    if (candidates[first]?.follows !== next.entry.id) break;
    first--;
    live += next.liveBytes;
  }
  for (let next = candidates[last + 1]; takes(next); next = candidates[last + 1]) {
    if (next.follows !== candidates[last]?.entry.id) break;
    last++;
    live += next.liveBytes;
  }
  return candidates.slice(first, last + 1);
}

function isSmall({ bytes }: Candidate, segmentBytes: number): boolean {
  return bytes < segmentBytes * SMALL_PART;
}
