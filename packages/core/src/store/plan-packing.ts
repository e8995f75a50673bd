import type { SegmentEntry } from "../log/manifest.ts";

/** A segment and what of it is still needed. */
export interface SegmentUse {
  readonly entry: SegmentEntry;
  /** Still written to, or not to be copied because some of it does not verify. */
  readonly state: "sealed" | "open" | "damaged";
  /** Bytes of chunks in the file. */
  readonly usedBytes: number;
  readonly liveBytes: number;
}

export interface PackingRules {
  /** Part of a segment that must be garbage before its rest is written anew, 0 to 1. */
  readonly minGarbage: number;
  /**
   * Part of all that is stored that may be garbage, 0 to 1: as long as it is less, nothing is
   * written anew. What dies soon is then dropped whole, and never copied.
   */
  readonly garbageAllowed: number;
  /** Bytes that a packed file may hold. */
  readonly segmentBytes: number;
  /** Live bytes in one plan at the most: their chunks are listed in memory. */
  readonly liveBytesMax: number;
}

export interface PackingPlan {
  /** Of which nothing is left. */
  readonly dead: readonly SegmentUse[];
  /** Neighbours that become one file, the best bargains first. */
  readonly groups: readonly (readonly SegmentUse[])[];
  /** There is more to do than one plan may list. */
  readonly isPartial: boolean;
}

/** A segment that holds less than this part of a full one is worth joining to its neighbours. */
const SMALL_FRACTION = 1 / 8;
/** Neighbours that are small and nothing else become one when they are so many. */
const SMALL_MIN = 4;

/**
 * What to drop and what to pack, of all segments in the order of their positions. A plan makes more
 * room than it takes, or fewer files; what is left over is for the next one.
 */
export function planPacking(uses: readonly SegmentUse[], rules: PackingRules): PackingPlan {
  // The last segment ends the address space, which must stay taken: no position is given twice.
  const last = uses.at(-1);
  const dead = uses.filter((use) => use.liveBytes === 0 && use.state !== "open" && use !== last);
  const left = uses.filter((use) => !dead.includes(use));
  const groups = neighbours(left, rules)
    .filter((group) => isWorthwhile(group, rules))
    .sort((a, b) => bargain(b, left) - bargain(a, left));
  const wanted = untilAllowed(groups, { left, rules });
  let liveBytes = 0;
  const affordable = wanted.filter((group, at) => {
    liveBytes += liveOf(group);
    return at === 0 || liveBytes <= rules.liveBytesMax;
  });
  return { dead, groups: affordable, isPartial: affordable.length < wanted.length };
}

/** The first groups, as many as it takes until there is no more garbage than is allowed. */
function untilAllowed(
  groups: readonly SegmentUse[][],
  { left, rules }: { readonly left: readonly SegmentUse[]; readonly rules: PackingRules },
): SegmentUse[][] {
  if (rules.garbageAllowed === 0) return [...groups];
  const allowed = usedOf(left) * rules.garbageAllowed;
  let garbage = usedOf(left) - liveOf(left);
  return groups.filter((group) => {
    if (garbage <= allowed) return false;
    garbage -= usedOf(group) - liveOf(group);
    return true;
  });
}

/**
 * Runs of candidates, cut where the next one would make the file too large, and where a segment
 * stays: no file may reach over another's addresses.
 */
function neighbours(uses: readonly SegmentUse[], rules: PackingRules): SegmentUse[][] {
  const groups: SegmentUse[][] = [];
  let group: SegmentUse[] = [];
  for (const use of uses) {
    const isWorth = hasGarbage(use, rules) || isSmall(use, rules);
    const isCandidate = isWorth && use.state === "sealed";
    const fits = liveOf(group) + use.liveBytes <= rules.segmentBytes;
    if (group.length > 0 && !(isCandidate && fits)) {
      groups.push(group);
      group = [];
    }
    if (isCandidate) group.push(use);
  }
  if (group.length > 0) groups.push(group);
  return groups;
}

function isWorthwhile(group: readonly SegmentUse[], rules: PackingRules): boolean {
  return group.length >= SMALL_MIN || group.some((use) => hasGarbage(use, rules));
}

function hasGarbage({ usedBytes, liveBytes }: SegmentUse, { minGarbage }: PackingRules): boolean {
  const garbage = usedBytes - liveBytes;
  return garbage > 0 && garbage >= usedBytes * minGarbage;
}

function isSmall({ liveBytes }: SegmentUse, { segmentBytes }: PackingRules): boolean {
  return liveBytes < segmentBytes * SMALL_FRACTION;
}

function usedOf(group: readonly SegmentUse[]): number {
  return group.reduce((sum, { usedBytes }) => sum + usedBytes, 0);
}

function liveOf(group: readonly SegmentUse[]): number {
  return group.reduce((sum, { liveBytes }) => sum + liveBytes, 0);
}

/**
 * Bytes freed for a byte written, more for what is old: young garbage has more to come, and would
 * be packed again.
 */
function bargain(group: readonly SegmentUse[], all: readonly SegmentUse[]): number {
  const [used, live] = [usedOf(group), liveOf(group)];
  const age = 1 - all.indexOf(group[0] as SegmentUse) / all.length;
  return ((used - live) * (1 + age)) / (used + live + 1);
}
