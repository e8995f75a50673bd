import type { CrashPlan } from "./crash-options.ts";

/** What a disk writes whole: one sector. */
export const SECTOR_BYTES = 512;
/** What a page cache writes whole at the best: one page. */
export const PAGE_BYTES = 4096;

export interface Piece {
  readonly start: number;
  /** Behind the last byte. */
  readonly end: number;
}

export interface TornWrite {
  readonly kept: readonly Piece[];
  readonly lost: readonly Piece[];
}

/**
 * How a write that was under way reaches the disk: whole, or of its sectors or pages the first
 * ones, the last ones, or any subset.
 */
export function tear(write: Piece, plan: CrashPlan): TornWrite {
  const shape = plan.tear ? plan.below(5) : 0;
  if (shape <= 1) return { kept: [write], lost: [] };
  const unit = plan.below(2) === 0 ? SECTOR_BYTES : PAGE_BYTES;
  const cut = write.start + plan.below(write.end - write.start);
  const kept: Piece[] = [];
  const lost: Piece[] = [];
  for (let start = write.start; start < write.end;) {
    const end = Math.min(write.end, (Math.floor(start / unit) + 1) * unit);
    let keep = plan.below(2) === 0;
    if (shape === 2) keep = end <= cut;
    if (shape === 3) keep = start >= cut;
    (keep ? kept : lost).push({ start, end });
    start = end;
  }
  return { kept, lost };
}
