import type { KeySpaceId, ReadView } from "@firn/core";
import { FETCH_ENTRIES_MAX, FETCH_ENTRIES_MIN, PAGE_BYTES_MAX } from "../constants.ts";
import type { Test } from "../expression/condition.ts";
import type { AttributeMap } from "../value/attribute-value.ts";
import type { ItemText } from "./requests.ts";
import { StoredItem } from "./stored-item.ts";

/** Which keys to read, in key order. */
export interface KeyBounds {
  readonly gte?: Uint8Array | undefined;
  readonly gt?: Uint8Array | undefined;
  readonly lt?: Uint8Array | undefined;
}

/** One page of a Query or Scan, decided down to bytes. */
export interface PagePlan {
  readonly space: KeySpaceId;
  readonly bounds: KeyBounds;
  readonly reverse: boolean;
  /** Items evaluated at the most. */
  readonly limit: number;
  readonly filter?: Test | undefined;
  /** What to answer of an item that passed; without it the stored text as it is. */
  readonly shape?: ((item: AttributeMap) => AttributeMap) | undefined;
  /** Only count. */
  readonly countOnly: boolean;
  /** The key of the item in the table, when attributes are wanted that the index has not. */
  readonly base?: { readonly space: KeySpaceId; key(entry: AttributeMap): Uint8Array } | undefined;
}

export interface Page {
  readonly items: ItemText[];
  readonly count: number;
  readonly scanned: number;
  /** Size of what was evaluated. */
  readonly bytes: number;
  /** Sizes of the items fetched from the table for entries of an index. */
  readonly fetched: number[];
  /** The last evaluated entry, when there may be more behind it. */
  readonly last: StoredItem | undefined;
}

interface Progress {
  readonly items: ItemText[];
  readonly fetched: number[];
  count: number;
  scanned: number;
  bytes: number;
}

/**
 * Evaluates entries until the limit, 1 MB or the end of the range. The entry that crosses 1 MB is
 * part of the page.
 */
export async function readPage(view: ReadView, plan: PagePlan): Promise<Page> {
  const progress: Progress = { items: [], fetched: [], count: 0, scanned: 0, bytes: 0 };
  let bounds = plan.bounds;
  for (;;) {
    const wanted = Math.min(plan.limit - progress.scanned, nextFetch(progress));
    const entries = await view.page(plan.space, {
      ...bounds,
      reverse: plan.reverse,
      limit: wanted,
    });
    for (const entry of entries) {
      const stored = StoredItem.decode(entry.value);
      const fetching = evaluate(view, plan, stored, progress);
      if (fetching !== undefined) await fetching;
      if (progress.scanned < plan.limit && progress.bytes <= PAGE_BYTES_MAX) continue;
      return { ...progress, last: stored };
    }
    const last = entries.at(-1);
    if (last === undefined || entries.length < wanted) return { ...progress, last: undefined };
    bounds = plan.reverse ? { ...plan.bounds, lt: last.key } : { gt: last.key, lt: plan.bounds.lt };
  }
}

/** As many entries as are likely to fill the page. */
function nextFetch(progress: Progress): number {
  if (progress.scanned === 0) return FETCH_ENTRIES_MIN;
  const left = PAGE_BYTES_MAX - progress.bytes;
  const likely = Math.ceil((left * progress.scanned) / Math.max(1, progress.bytes)) + 1;
  return Math.min(Math.max(likely, 1), FETCH_ENTRIES_MAX);
}

/** A promise only when an item must be fetched: a hundred awaits cost more than the reading. */
function evaluate(
  view: ReadView,
  plan: PagePlan,
  stored: StoredItem,
  progress: Progress,
): Promise<void> | undefined {
  progress.scanned++;
  progress.bytes += stored.bytes;
  if (plan.base === undefined) {
    keep(plan, stored, progress);
    return undefined;
  }
  const { space, key } = plan.base;
  return view.get(space, key(stored.attributes())).then((value) => {
    // The entry and its item were written together, so the view has both.
    const item = value === undefined ? stored : StoredItem.decode(value);
    progress.fetched.push(item.bytes);
    keep(plan, item, progress);
  });
}

function keep(plan: PagePlan, stored: StoredItem, progress: Progress): void {
  const { filter, shape } = plan;
  let attributes: AttributeMap | undefined;
  if (filter !== undefined) {
    attributes = stored.attributes();
    if (!filter(attributes)) return;
  }
  progress.count++;
  if (plan.countOnly) return;
  progress.items.push(
    shape === undefined
      ? stored.text
      : Buffer.from(JSON.stringify(shape(attributes ?? stored.attributes()))),
  );
}
