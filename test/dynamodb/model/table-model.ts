import type { Condition, Key, WriteStep } from "./table-operation.ts";

/*
 * What a table holds, as items in a map. A change gives a new state and leaves the old one as it
 * is: after a crash either of them may be what is there.
 */

export interface ModelItem extends Key {
  readonly n: number;
  readonly gk?: string | undefined;
  /** Seconds since 1970 UTC. */
  readonly exp?: number | undefined;
  readonly pad?: string | undefined;
}

export type Items = ReadonlyMap<string, ModelItem>;

/** A record of the stream. */
export interface ModelChange {
  readonly key: string;
  readonly line: string;
  readonly timeMs: number;
  /** The item went because its time had come: in which order, nobody says. */
  readonly expired: boolean;
}

export interface ModelState {
  readonly items: Items;
  readonly hasIndex: boolean;
  readonly expires: boolean;
  /** Since when its past is kept. */
  readonly recovery: number | undefined;
  /** What there was from a moment on; the last one is what there is. */
  readonly pasts: readonly { readonly timeMs: number; readonly items: Items }[];
  readonly changes: readonly ModelChange[];
  readonly tokens: ReadonlyMap<string, { readonly request: string; readonly untilMs: number }>;
  readonly backups: ReadonlyMap<string, Items>;
  /** Of the table that was made of a backup, or of a moment. */
  readonly restored: Items | undefined;
}

/** The state afterwards, or the codes with one of which it is refused. */
export type Outcome = ModelState | readonly string[];

export const FAILED: readonly string[] = ["FIRN_TABLE_CONDITION_FAILED"];
export const CANCELED: readonly string[] = ["FIRN_TABLE_TRANSACTION_CANCELED"];
export const MISMATCH: readonly string[] = ["FIRN_TABLE_TOKEN_MISMATCH"];
export const INVALID: readonly string[] = ["FIRN_TABLE_REQUEST_INVALID"];

export const TOKEN_MS = 10 * 60 * 1000;
const RECORDS_MS = 24 * 60 * 60 * 1000;

export function emptyState(nowMs: number): ModelState {
  const items: Items = new Map();
  const none = { hasIndex: false, expires: false, recovery: undefined, restored: undefined };
  const pasts = [{ timeMs: nowMs, items }];
  return { ...none, items, pasts, changes: [], tokens: new Map(), backups: new Map() };
}

export function isRefused(outcome: Outcome): outcome is readonly string[] {
  return Array.isArray(outcome);
}

export function nameOf({ pk, sk }: Key): string {
  return JSON.stringify([pk, sk]);
}

export function lineOf(item: ModelItem | undefined): string {
  if (item === undefined) return "-";
  const { pk, sk, n, gk = null, exp = null, pad = "" } = item;
  return JSON.stringify([pk, sk, n, gk, exp, pad]);
}

/** Whether the condition holds; and the number that it compares with, if it does. */
export function conditionOf(
  items: Items,
  step: WriteStep,
): { readonly holds: boolean; readonly number: number } {
  const present = items.get(nameOf(step));
  const number = (present?.n ?? 0) + (step.if === "isOther" ? 1000 : 0);
  return { holds: holds(step.if, present), number };
}

function holds(condition: Condition, present: ModelItem | undefined): boolean {
  switch (condition) {
    case "none":
      return true;
    case "isThere":
    case "isCurrent":
      return present !== undefined;
    case "isAbsent":
      return present === undefined;
    case "isOther":
      return false;
  }
}

/** The items after one write whose condition holds. */
export function written(items: Items, step: WriteStep, nowMs: number): Items {
  const name = nameOf(step);
  const { pk, sk, gk } = step;
  const next = new Map(items);
  if (step.act === "delete") next.delete(name);
  if (step.act === "put") next.set(name, itemOf(step, nowMs));
  if (step.act !== "update") return next;
  const present: ModelItem = items.get(name) ?? { pk, sk, n: 0, pad: "" };
  return next.set(name, { ...present, n: present.n + 1, gk });
}

/** What a put puts. */
export function itemOf({ pk, sk, gk, expires, bytes }: WriteStep, nowMs: number): ModelItem {
  const exp = expires === undefined ? undefined : Math.floor(nowMs / 1000) + expires;
  return { pk, sk, n: bytes, gk, exp, pad: "x".repeat(bytes) };
}

/** The state with other items, and the records of what became of `names`, in that order. */
export function changed(
  state: ModelState,
  items: Items,
  change: {
    readonly names: readonly string[];
    readonly nowMs: number;
    readonly expired?: boolean;
  },
): ModelState {
  const { nowMs: timeMs, expired = false } = change;
  const fresh = change.names.flatMap((key): ModelChange[] => {
    const [before, after] = [lineOf(state.items.get(key)), lineOf(items.get(key))];
    const line = `${before} > ${after}`;
    return before === after ? [] : [{ key, line, timeMs, expired }];
  });
  const pasts = [...state.pasts, { timeMs, items }];
  return { ...state, items, pasts, changes: [...state.changes, ...fresh] };
}

/** What the token was used for before, if that is remembered. */
export function knownToken(state: ModelState, token: string, nowMs: number): string | undefined {
  const known = state.tokens.get(token);
  return known !== undefined && known.untilMs > nowMs ? known.request : undefined;
}

export function withToken(
  state: ModelState,
  token: string,
  { request, nowMs }: { readonly request: string; readonly nowMs: number },
): ModelState {
  const tokens = new Map(state.tokens).set(token, { request, untilMs: nowMs + TOKEN_MS });
  return { ...state, tokens };
}

/** Names of what has expired. */
export function expiredNames({ items, expires }: ModelState, nowMs: number): string[] {
  const now = Math.floor(nowMs / 1000);
  return [...items]
    .filter(([, { exp }]) => expires && (exp ?? now + 1) <= now)
    .map(([name]) => name);
}

/** What has expired is gone. */
export function swept(state: ModelState, nowMs: number): ModelState {
  const names = expiredNames(state, nowMs);
  if (names.length === 0) return state;
  const items = new Map(state.items);
  for (const name of names) items.delete(name);
  return changed(state, items, { names, nowMs, expired: true });
}

/** The items as of a moment. */
export function asOf({ pasts }: ModelState, timeMs: number): Items {
  return pasts.findLast((past) => past.timeMs <= timeMs)?.items ?? new Map();
}

/** What can be seen of a state, line by line. */
export type Picture = readonly string[];

/** All of it but the stream, which tells nothing of what happened that the items do not tell. */
export function pictureOf(state: ModelState): Picture {
  const { items, hasIndex, expires, recovery, backups, restored } = state;
  return [
    `index ${hasIndex}, time to live ${expires}, recovery ${recovery !== undefined}`,
    ...linesOf("item", items),
    ...(hasIndex ? linesOf("entry", indexed(items)) : []),
    ...(restored === undefined ? [] : ["restored", ...linesOf("again", restored)]),
    ...[...backups].map(([name, { size }]) => `backup ${name} of ${size}`).sort(),
  ];
}

/** What the stream has: the changes of a day. */
export function streamOf({ changes }: ModelState, nowMs: number): Picture {
  return streamLines(changes.filter(({ timeMs }) => timeMs > nowMs - RECORDS_MS));
}

/** Those that the index has. */
export function indexed(items: Items): Items {
  return new Map([...items].filter(([, { gk }]) => gk !== undefined));
}

export function linesOf(what: string, items: Items): string[] {
  return [...items.values()].map((item) => `${what} ${lineOf(item)}`).sort();
}

/** Records in order; those of expiries by item, among that item's others. */
export function streamLines(changes: readonly Omit<ModelChange, "timeMs">[]): string[] {
  const byItem = new Map<string, string[]>();
  for (const { key, line } of changes) byItem.set(key, [...(byItem.get(key) ?? []), line]);
  return [
    ...changes.filter(({ expired }) => !expired).map(({ line }) => `record ${line}`),
    ...[...byItem].map(([key, lines]) => `of ${key}: ${lines.join(", ")}`).sort(),
  ];
}
