import type {
  BatchWrite,
  BatchWriteItemRequest,
  BatchWriteItemResult,
  GetItemRequest,
  GetItemResult,
  PutItemRequest,
  WriteResult,
} from "../client/plain-requests.ts";
import { BATCH_WRITE_REQUESTS_MAX } from "../constants.ts";
import { nameOf } from "../engine/transaction-locks.ts";
import type { NumberForm, PlainItem } from "../client/plain-values.ts";
import type { TableRecord } from "../catalog/table-record.ts";
import type { EngineContext } from "../engine/engine-context.ts";
import { asTableNotFound } from "../engine/engine-context.ts";
import { isDropped } from "../engine/fresh-tables.ts";
import { writesUnseen } from "../engine/mutation.ts";
import { StoredItem } from "../engine/stored-item.ts";
import { decodeItem } from "./item-decoder.ts";
import { ItemEncoder } from "./item-encoder.ts";
import { quickKey } from "../value/quick-key.ts";

const WRITTEN: WriteResult<never> = Object.freeze({
  attributes: undefined,
  consumedCapacity: undefined,
});
const ABSENT: GetItemResult<never> = Object.freeze({
  item: undefined,
  consumedCapacity: undefined,
});

const NOTHING_LEFT: BatchWriteItemResult = Object.freeze({
  consumedCapacity: undefined,
  unprocessedItems: new Map(),
});

/** A put, or (without a value) a delete. */
interface DirectWrite {
  readonly table: TableRecord;
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
}

/**
 * The calls that an application makes most, from plain values to the store and back without
 * anything in between: no attribute values, no prepared request, one promise more than the store's.
 *
 * Each answers `undefined` for whatever needs more than that (an expression, an index, a stream,
 * throughput, a key of another kind, an item that is refused): then the engine's own way is gone,
 * which is the only one that knows errors.
 */
export class DirectItems {
  readonly #context: EngineContext;
  readonly #numbers: NumberForm;
  readonly #encoder = new ItemEncoder();

  constructor(context: EngineContext, numbers: NumberForm) {
    this.#context = context;
    this.#numbers = numbers;
  }

  /** Resolves after it is durable. `again` is gone when the table changed meanwhile. */
  put<T>(
    request: PutItemRequest,
    again: () => Promise<WriteResult<T>>,
  ): Promise<WriteResult<T>> | undefined {
    if (!isPlainPut(request)) return undefined;
    const table = this.#table(request.tableName);
    if (table === undefined || !writesUnseen(table)) return undefined;
    const { item } = request;
    const key = this.#key(table, item);
    if (key === undefined) return undefined;
    const encoded = this.#encoder.encode(item);
    if (encoded === undefined) return undefined;
    const write: DirectWrite = { table, key, value: encoded.value };
    if (this.#context.locks.isHeld(write)) return undefined;
    return this.#commit([write], { result: WRITTEN, again });
  }

  /** As `put`, of several writes of several tables. */
  batch(
    { requestItems, returnConsumedCapacity }: BatchWriteItemRequest,
    again: () => Promise<BatchWriteItemResult>,
  ): Promise<BatchWriteItemResult> | undefined {
    if (returnConsumedCapacity !== undefined && returnConsumedCapacity !== "NONE") return undefined;
    const writes: DirectWrite[] = [];
    const keys = new Set<string>();
    for (const name of Object.keys(requestItems)) {
      const table = this.#table(name);
      if (table === undefined || !writesUnseen(table)) return undefined;
      for (const each of requestItems[name] ?? []) {
        const write = this.#write(table, each);
        if (write === undefined || this.#context.locks.isHeld(write)) return undefined;
        writes.push(write);
        keys.add(nameOf(write));
      }
    }
    const { length } = writes;
    if (length === 0 || length > BATCH_WRITE_REQUESTS_MAX || keys.size < length) return undefined;
    return this.#commit(writes, { result: NOTHING_LEFT, again });
  }

  #write(table: TableRecord, { put, delete: gone }: BatchWrite): DirectWrite | undefined {
    if ((put === undefined) === (gone === undefined)) return undefined;
    const key = put === undefined ? this.#wholeKey(table, gone ?? {}) : this.#key(table, put);
    if (key === undefined) return undefined;
    if (put === undefined) return { table, key, value: undefined };
    const encoded = this.#encoder.encode(put);
    return encoded === undefined ? undefined : { table, key, value: encoded.value };
  }

  /** Resolves after all of it is durable. `again` is gone when a table changed meanwhile. */
  #commit<T>(
    writes: readonly DirectWrite[],
    { result, again }: { readonly result: T; readonly again: () => Promise<T> },
  ): Promise<T> {
    const { store, catalog, scope } = this.#context;
    let stale = false;
    const written = store.transact((tx) => {
      stale = writes.some(({ table }) => catalog.isStale(scope, table));
      if (stale) return;
      for (const { table, key, value } of writes) {
        if (value === undefined) tx.delete(table.space, key);
        else tx.put(table.space, key, value);
      }
    });
    return written.then(
      () => (stale ? again() : result),
      (error: unknown) => {
        if (!isDropped(error)) throw error;
        return again();
      },
    );
  }

  /** What is durable. */
  get(request: GetItemRequest): Promise<GetItemResult<never>> | undefined {
    if (!isPlainGet(request)) return undefined;
    const table = this.#table(request.tableName);
    if (table === undefined) return undefined;
    const key = this.#wholeKey(table, request.key);
    if (key === undefined) return undefined;
    try {
      const value = this.#context.store.read(table.space, key);
      if (value instanceof Promise) return value.then(this.#found, throwTableNotFound);
      return Promise.resolve(this.#found(value));
    } catch (error) {
      return Promise.reject(asTableNotFound(error) as Error);
    }
  }

  readonly #found = (value: Uint8Array | undefined): GetItemResult<never> => {
    if (value === undefined) return ABSENT;
    const item = decodeItem(StoredItem.textOf(value), this.#numbers) as never;
    return { item, consumedCapacity: undefined };
  };

  /** A table that is in memory and can be used, while throughput is nobody's concern. */
  #table(name: string): TableRecord | undefined {
    const { catalog, scope, throttle } = this.#context;
    if (throttle.enabled) return undefined;
    const table = catalog.peek(scope, name);
    if (table === undefined) return undefined;
    return table.restoring === undefined && table.importing === undefined ? table : undefined;
  }

  /** Of nothing but the key's attributes. */
  #wholeKey(table: TableRecord, key: PlainItem): Uint8Array | undefined {
    const wanted = table.key.partition.length + table.key.sort.length;
    return Object.keys(key).length === wanted ? this.#key(table, key) : undefined;
  }

  #key(table: TableRecord, item: PlainItem): Uint8Array | undefined {
    const { partition, sort } = table.key;
    const [first] = partition;
    if (first?.type !== "S" || !Object.hasOwn(item, first.name)) return undefined;
    const second = sort[0];
    if (second === undefined) return quickKey(table.key, item[first.name], undefined);
    if (!Object.hasOwn(item, second.name)) return undefined;
    return quickKey(table.key, item[first.name], item[second.name]);
  }
}

function throwTableNotFound(error: unknown): never {
  throw asTableNotFound(error);
}

function isPlainPut(request: PutItemRequest): boolean {
  const { returnValues, returnConsumedCapacity: capacity } = request;
  return (
    request.conditionExpression === undefined &&
    request.expressionAttributeNames === undefined &&
    request.expressionAttributeValues === undefined &&
    (returnValues === undefined || returnValues === "NONE") &&
    (capacity === undefined || capacity === "NONE")
  );
}

function isPlainGet(request: GetItemRequest): boolean {
  const { returnConsumedCapacity: capacity } = request;
  return (
    request.projectionExpression === undefined &&
    request.expressionAttributeNames === undefined &&
    request.expressionAttributeValues === undefined &&
    (capacity === undefined || capacity === "NONE")
  );
}
