/** Runs of a level that are merged into one of the next: each key is rewritten once per level. */
export const FAN = 8;
/**
 * From so many keys on the lowest level is also merged in itself, when most of what it holds has
 * been written again since: below that the memory that its runs take is not worth the writing.
 */
const OVERWRITTEN_KEYS_MIN: number = 16 * 1024 * 1024;
/** Keys of the newer runs for each of the oldest one. */
const OVERWRITTEN_FACTOR = 2;

/** What is merged next. */
export interface MergeChoice {
  readonly level: number;
  /** Where the merged run goes: the next level, or its own. */
  readonly into: number;
  /** Nothing older lies below: deletions have done their work. */
  readonly last: boolean;
}

/**
 * @param levels the runs of each, newest first.
 * @param isBusy whether a merge of that level is under way.
 */
export function chooseMerge(
  levels: readonly (readonly { readonly keys: number }[])[],
  isBusy: (level: number) => boolean,
): MergeChoice | undefined {
  const lowest = levels.findLastIndex((runs) => runs.length > 0);
  const full = levels.findIndex((runs, level) => runs.length >= FAN && !isBusy(level));
  if (full >= 0) return { level: full, into: full + 1, last: full === lowest };
  const isOverwritten = lowest > 0 && !isBusy(lowest) && mostIsNewer(levels[lowest] ?? []);
  return isOverwritten ? { level: lowest, into: lowest, last: true } : undefined;
}

function mostIsNewer(newestFirst: readonly { readonly keys: number }[]): boolean {
  const all = newestFirst.reduce((sum, { keys }) => sum + keys, 0);
  const oldest = newestFirst.at(-1)?.keys ?? 0;
  return all >= OVERWRITTEN_KEYS_MIN && all - oldest >= oldest * OVERWRITTEN_FACTOR;
}
