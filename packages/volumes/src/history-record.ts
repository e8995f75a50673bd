/**
 * What is kept of a volume's past, as its catalog entry has it. Anchors are hidden snapshots, taken
 * every eighth of the window while the volume is written to; between two of them its past is read
 * from the records of its stream, which stay whole from the oldest anchor on.
 */
import { ANCHORS_PER_WINDOW, HISTORY_SIZES_MAX } from "./constants.ts";
import { volumeError } from "./errors.ts";

export interface AnchorRecord {
  /** Number of the snapshot in its lineage. */
  readonly version: number;
  /** LSN of its record: it has what lies before. */
  readonly lsn: number;
  /** Milliseconds since 1970 UTC, not before the record's own time. */
  readonly time: number;
}

/** The volume's size from a moment on. */
export interface SizeRecord {
  /** Milliseconds since 1970 UTC. */
  readonly time: number;
  readonly sizeGiB: number;
}

export interface HistoryRecord {
  /** How much of the past is kept at the least, in milliseconds. */
  readonly ms: number;
  /** Oldest first, never empty. */
  readonly anchors: readonly AnchorRecord[];
  /** Oldest first; the first one is not younger than the oldest anchor. */
  readonly sizes: readonly SizeRecord[];
}

/** Milliseconds between two anchors of a volume that is written to. */
export function anchorEveryMs(ms: number): number {
  return Math.ceil(ms / ANCHORS_PER_WINDOW);
}

/** Is it time for another anchor, when there has been a write since the newest one? */
export function isAnchorDue({ ms, anchors }: HistoryRecord, nowMs: number): boolean {
  return nowMs - (anchors.at(-1) as AnchorRecord).time >= anchorEveryMs(ms);
}

/** Has the oldest anchor left the window? The next one must have, too: between them lies more. */
export function isAnchorPast({ ms, anchors }: HistoryRecord, nowMs: number): boolean {
  const next = anchors[1];
  return next !== undefined && next.time <= nowMs - ms;
}

/** Without what has left the window, and what that was. */
export function trimmed(
  history: HistoryRecord,
  nowMs: number,
): { readonly history: HistoryRecord; readonly dropped: readonly AnchorRecord[] } {
  const dropped: AnchorRecord[] = [];
  let left = history;
  while (isAnchorPast(left, nowMs)) {
    const [oldest, ...anchors] = left.anchors;
    dropped.push(oldest as AnchorRecord);
    left = { ...left, anchors };
  }
  return { history: { ...left, sizes: sizesSince(left, fromTimeOf(left)) }, dropped };
}

/** Moments from this one on can be read: milliseconds since 1970 UTC. */
export function fromTimeOf({ anchors }: HistoryRecord): number {
  return (anchors[0] as AnchorRecord).time;
}

/** The anchor from which a moment is read; `undefined` when it lies before the first one. */
export function anchorAt({ anchors }: HistoryRecord, time: number): AnchorRecord | undefined {
  return anchors.findLast((anchor) => anchor.time <= time);
}

/** The volume's size at a moment of its history, in GiB. */
export function sizeAt({ sizes }: HistoryRecord, time: number): number {
  const found = sizes.findLast((size) => size.time <= time) ?? sizes[0];
  return (found as SizeRecord).sizeGiB;
}

/** With another size from now on. @throws FIRN_VOLUME_HISTORY_LIMIT. */
export function resized(history: HistoryRecord, size: SizeRecord): HistoryRecord {
  const sizes = sizesSince(history, fromTimeOf(history));
  if (sizes.length < HISTORY_SIZES_MAX) return { ...history, sizes: [...sizes, size] };
  const text = `A volume's history holds ${HISTORY_SIZES_MAX} sizes; wait, or keep less of it.`;
  throw volumeError("FIRN_VOLUME_HISTORY_LIMIT", text);
}

function sizesSince({ sizes }: HistoryRecord, time: number): readonly SizeRecord[] {
  const first = sizes.findLastIndex((size) => size.time <= time);
  return sizes.slice(Math.max(0, first));
}
