import type { Entry, RangePage } from "@firn/core";
import { LIST_KEYS_MAX, SKIP_PAGE_ENTRIES } from "../constants.ts";
import { behindKey, behindPrefix } from "../layout/key-layout.ts";
import type { ListedKeys } from "../layout/key-layout.ts";

/**
 * One page of a listing with prefix and delimiter, over anything that reads ranges in order.
 *
 * A name that has the delimiter behind the prefix counts as its common prefix, and what else lies
 * under that is never read: the walk seeks to the first key behind it. How many entries a fetch
 * asks for follows from that: few behind a skip, because the next skip mostly comes at once,
 * doubling while none comes.
 */
export interface ListQuery {
  readonly prefix: string;
  /** "" for none. */
  readonly delimiter: string;
  /** Where to begin; see `startAfterName`. Default: at the prefix. */
  readonly start?: Uint8Array | undefined;
  /** Names and common prefixes together, 0 to 1000. */
  readonly limit: number;
}

export type Listed =
  | { readonly kind: "entry"; readonly name: string; readonly entry: Entry }
  | { readonly kind: "prefix"; readonly name: string };

export interface ListedPage {
  /** In byte order of their names in UTF-8. */
  readonly found: readonly Listed[];
  /** Whether there is more: the first name or common prefix that did not fit exists. */
  readonly truncated: boolean;
}

export type Pager = (page: RangePage) => Promise<Entry[]>;

export async function listNames(
  pager: Pager,
  keys: ListedKeys,
  query: ListQuery,
): Promise<ListedPage> {
  const found: Listed[] = [];
  if (query.limit === 0) return { found, truncated: false };
  const bounds = boundsOf(keys, query);
  const limitMax = LIST_KEYS_MAX + 1;
  let from = bounds.from;
  let fetched = query.delimiter === "" ? query.limit + 1 : SKIP_PAGE_ENTRIES;
  while (from !== undefined) {
    const entries = await pager({ gte: from, lt: bounds.end, limit: fetched });
    const walk = walkEntries(entries, { keys, query, found });
    if (walk.full) return { found, truncated: true };
    const last = entries.at(-1);
    if (last === undefined || entries.length < fetched) break;
    from = walk.skippedTo ?? behindKey(last.key);
    fetched = walk.skippedTo === undefined ? Math.min(fetched * 2, limitMax) : SKIP_PAGE_ENTRIES;
  }
  return { found, truncated: false };
}

/**
 * Where a listing goes on behind `name`. A name that is itself the common prefix of what it begins
 * (a marker taken from CommonPrefixes) stands for all of that.
 */
export function startAfterName(
  keys: ListedKeys,
  name: string,
  query: Pick<ListQuery, "prefix" | "delimiter">,
): Uint8Array {
  if (commonPrefixOf(name, query) === name) return behindPrefix(keys.prefix(name));
  return keys.behind(name);
}

/** The part of the name up to the first delimiter behind the prefix; `undefined` without one. */
export function commonPrefixOf(
  name: string,
  query: Pick<ListQuery, "prefix" | "delimiter">,
): string | undefined {
  if (query.delimiter === "" || !name.startsWith(query.prefix)) return undefined;
  const at = name.indexOf(query.delimiter, query.prefix.length);
  return at < 0 ? undefined : name.slice(0, at + query.delimiter.length);
}

interface Walk {
  readonly keys: ListedKeys;
  readonly query: ListQuery;
  readonly found: Listed[];
}

interface Walked {
  /** One more than the limit is there. */
  readonly full: boolean;
  /** Set when the entries ended inside a common prefix: where it ends. */
  readonly skippedTo: Uint8Array | undefined;
}

function walkEntries(entries: readonly Entry[], { keys, query, found }: Walk): Walked {
  let skippedTo: Uint8Array | undefined;
  for (const entry of entries) {
    if (skippedTo !== undefined && Buffer.compare(entry.key, skippedTo) < 0) continue;
    if (found.length === query.limit) return { full: true, skippedTo };
    const name = keys.name(entry.key);
    const common = commonPrefixOf(name, query);
    if (common === undefined) {
      found.push({ kind: "entry", name, entry });
      skippedTo = undefined;
    } else {
      found.push({ kind: "prefix", name: common });
      skippedTo = behindPrefix(keys.prefix(common));
    }
  }
  return { full: false, skippedTo };
}

interface Bounds {
  readonly from: Uint8Array | undefined;
  readonly end: Uint8Array;
}

function boundsOf(keys: ListedKeys, query: ListQuery): Bounds {
  const first = keys.prefix(query.prefix);
  const end = behindPrefix(first);
  const { start } = query;
  if (start === undefined || Buffer.compare(start, first) <= 0) return { from: first, end };
  return { from: Buffer.compare(start, end) < 0 ? start : undefined, end };
}
