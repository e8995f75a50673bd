import { encodeKey, packValue, prefixEnd, unpackValue } from "@firn/core";
import type { KeySpaceId, Store, Transaction } from "@firn/core";
import { LRUCache } from "lru-cache";
import { TABLE_CACHE_ENTRIES } from "../constants.ts";
import { tableError } from "../errors.ts";
import type { Scope, TableRecord } from "./table-record.ts";

/**
 * Which tables there are. Records are kept in memory once read: one engine owns the tables of a
 * store, so nobody else can change them.
 */
export class Catalog {
  readonly #store: Store;
  readonly #space: KeySpaceId;
  /** Counts changes of tables. */
  #version = 0;
  readonly #changes = new Set<Promise<unknown>>();
  /** Tables that take no writes until a change of them is known; how many such changes. */
  readonly #fenced = new Map<string, number>();
  readonly #known = new LRUCache<string, TableRecord>({ max: TABLE_CACHE_ENTRIES });
  /** The one looked up last: mostly the next one too, and found without making its name. */
  #recent: { readonly scope: Scope; readonly record: TableRecord } | undefined;

  private constructor(store: Store, space: KeySpaceId) {
    this.#store = store;
    this.#space = space;
  }

  static async open(store: Store): Promise<Catalog> {
    return new Catalog(store, await store.openKeySpace("tables"));
  }

  /** @throws FIRN_TABLE_NOT_FOUND. */
  async get(scope: Scope, name: string): Promise<TableRecord> {
    const record = await this.find(scope, name);
    if (record === undefined) throw notFound(name);
    return record;
  }

  /** The record in memory, if it is there: most requests need not wait for it. */
  peek(scope: Scope, name: string): TableRecord | undefined {
    const recent = this.#recent;
    if (recent !== undefined && recent.record.name === name && sameScope(recent.scope, scope)) {
      return recent.record;
    }
    const record = this.#known.get(cacheKey(scope, name));
    if (record !== undefined) this.#recent = { scope, record };
    return record;
  }

  #keep(key: string, record: TableRecord | undefined): void {
    this.#recent = undefined;
    if (record === undefined) this.#known.delete(key);
    else this.#known.set(key, record);
  }

  async find(scope: Scope, name: string): Promise<TableRecord | undefined> {
    const known = this.#known.get(cacheKey(scope, name));
    if (known !== undefined) return known;
    const version = this.#version;
    const bytes = await this.#store.get(this.#space, catalogKey(scope, name));
    // Somebody changed a table, or read this one, meanwhile: what was read may be of the past.
    if (version !== this.#version || this.#known.has(cacheKey(scope, name))) {
      return this.find(scope, name);
    }
    if (bytes === undefined) return undefined;
    const record = unpackValue<TableRecord>(bytes);
    this.#keep(cacheKey(scope, name), record);
    return record;
  }

  /**
   * Replaces a record in one transaction; `change` sees the present one and returns the next, or
   * `undefined` to remove it. Resolves after it is durable.
   */
  async change(
    scope: Scope,
    name: string,
    change: (present: TableRecord | undefined, tx: Transaction) => TableRecord | undefined,
  ): Promise<TableRecord | undefined> {
    const key = catalogKey(scope, name);
    const changing = this.#store.transact(
      (tx) => {
        const bytes = tx.get(this.#space, key);
        const record = change(bytes === undefined ? undefined : unpackValue(bytes), tx);
        if (record === undefined) tx.delete(this.#space, key);
        else tx.put(this.#space, key, packValue(record));
        return record;
      },
      { reads: [[this.#space, key]] },
    );
    const known = changing.then((next) => {
      this.#version++;
      this.#keep(cacheKey(scope, name), next);
      return next;
    });
    this.#track(known);
    return known;
  }

  /**
   * As `change`; no write to the table that was decided with the old record lies behind this change
   * in the log: such writes wait until it is known.
   */
  changeFenced(...change: Parameters<Catalog["change"]>): ReturnType<Catalog["change"]> {
    const [scope, name] = change;
    const key = cacheKey(scope, name);
    this.#fence(key, 1);
    const changing = this.change(...change).finally(() => this.#fence(key, -1));
    this.#track(changing);
    return changing;
  }

  #fence(key: string, by: number): void {
    const count = (this.#fenced.get(key) ?? 0) + by;
    if (count === 0) this.#fenced.delete(key);
    else this.#fenced.set(key, count);
  }

  /** Resolves when the changes that are under way now are known. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#changes);
  }

  /** Whether the table was changed since this record of it was read, or is about to be. */
  isStale(scope: Scope, record: TableRecord): boolean {
    if (this.#fenced.size === 0 && this.#recent?.record === record) return false;
    const key = cacheKey(scope, record.name);
    if (this.#fenced.has(key)) return true;
    const known = this.#known.peek(key);
    return known !== undefined && known !== record;
  }

  /** Every table of every scope, for what must be finished after a restart. */
  async all(): Promise<TableRecord[]> {
    const view = this.#store.view();
    try {
      const records: TableRecord[] = [];
      for await (const { value } of view.range(this.#space)) records.push(unpackValue(value));
      return records;
    } finally {
      view.close();
    }
  }

  #track(change: Promise<unknown>): void {
    const done: Promise<unknown> = change.then(
      () => this.#changes.delete(done),
      () => this.#changes.delete(done),
    );
    this.#changes.add(done);
  }

  /** Names in order, behind `after`; one more than `limit` when there are more. */
  async names(scope: Scope, after: string | undefined, limit: number): Promise<string[]> {
    const prefix = encodeKey(scope.accountId, scope.region);
    const view = this.#store.view();
    try {
      const entries = await view.page(this.#space, {
        ...(after === undefined ? { gte: prefix } : { gt: catalogKey(scope, after) }),
        lt: prefixEnd(prefix),
        limit: limit + 1,
      });
      return entries.map((entry) => unpackValue<TableRecord>(entry.value).name);
    } finally {
      view.close();
    }
  }
}

/** The error of calls on items; calls on tables name the table. */
function notFound(name: string): Error {
  return tableError("FIRN_TABLE_NOT_FOUND", "Requested resource not found", { tableName: name });
}

function catalogKey(scope: Scope, name: string): Uint8Array {
  return encodeKey(scope.accountId, scope.region, name);
}

function sameScope(left: Scope, right: Scope): boolean {
  return left.accountId === right.accountId && left.region === right.region;
}

function cacheKey(scope: Scope, name: string): string {
  return `${scope.accountId}/${scope.region}/${name}`;
}
