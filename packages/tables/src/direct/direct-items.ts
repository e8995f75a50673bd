import type { GetItemRequest, GetItemResult, PutItemRequest } from "../client/plain-requests.ts";
import type { WriteResult } from "../client/plain-requests.ts";
import type { NumberForm } from "../client/plain-values.ts";
import type { TableRecord } from "../catalog/table-record.ts";
import type { EngineContext } from "../engine/engine-context.ts";
import { asTableNotFound } from "../engine/engine-context.ts";
import { isDropped } from "../engine/fresh-tables.ts";
import { writesUnseen } from "../engine/mutation.ts";
import { StoredItem } from "../engine/stored-item.ts";
import { decodeItem } from "./item-decoder.ts";
import { ItemEncoder } from "./item-encoder.ts";
import { QuickKeys } from "./quick-key.ts";

const WRITTEN: WriteResult<never> = Object.freeze({
  attributes: undefined,
  consumedCapacity: undefined,
});
const ABSENT: GetItemResult<never> = Object.freeze({
  item: undefined,
  consumedCapacity: undefined,
});

/**
 * The two calls that an application makes most, from plain values to the store and back without
 * anything in between: no attribute values, no prepared request, one promise more than the store's.
 *
 * Each answers `undefined` for whatever needs more than that (an expression, an index, a stream,
 * throughput, a key of another kind, an item that is refused): then the engine's own way is gone,
 * which is the only one that knows errors.
 */
export class DirectItems {
  readonly #context: EngineContext;
  readonly #numbers: NumberForm;
  readonly #keys = new QuickKeys();
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
    const { store, catalog, scope, locks } = this.#context;
    if (locks.isHeld({ table, key })) return undefined;
    let stale = false;
    const written = store.transact((tx): WriteResult<T> => {
      stale = catalog.isStale(scope, table);
      if (!stale) tx.put(table.space, key, encoded.value);
      return WRITTEN;
    });
    return written.then(
      (result) => (stale ? again() : result),
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
    const { key: given } = request;
    const wanted = table.key.sort.length + 1;
    if (Object.keys(given).length !== wanted) return undefined;
    const key = this.#key(table, given);
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

  #key(table: TableRecord, item: GetItemRequest["key"]): Uint8Array | undefined {
    const { partition, sort } = table.key;
    const [first] = partition;
    if (first?.type !== "S" || !Object.hasOwn(item, first.name)) return undefined;
    const second = sort[0];
    if (second === undefined) return this.#keys.of(table.key, item[first.name], undefined);
    if (!Object.hasOwn(item, second.name)) return undefined;
    return this.#keys.of(table.key, item[first.name], item[second.name]);
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
