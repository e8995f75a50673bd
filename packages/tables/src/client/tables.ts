import type { Store, UsageLine } from "@firn/core";
import type { Scope, Tag } from "../catalog/table-record.ts";
import type {
  CreateTableRequest,
  ListTablesRequest,
  TableDescription,
  UpdateTableRequest,
} from "../catalog/table-requests.ts";
import type {
  ItemText,
  KeysAndAttributes,
  PageAnswer,
  WriteAnswer,
  WriteRequest,
} from "../engine/requests.ts";
import type { TagResourceRequest, UntagResourceRequest } from "../engine/tagging.ts";
import { TableEngine } from "../engine/table-engine.ts";
import type {
  TimeToLiveDescription,
  TimeToLiveSpecification,
  UpdateTimeToLiveRequest,
} from "../engine/time-to-live.ts";
import type { AttributeMap } from "../value/attribute-value.ts";
import { textOf } from "../value/attribute-value.ts";
import type { ConsumeRequest } from "../streams/consumers.ts";
import type { Delivery, DeliverRequest } from "../streams/delivery.ts";
import type { TableObjects } from "../transfer/table-objects.ts";
import type { DirectItems } from "../direct/direct-items.ts";
import { decodeItem } from "../direct/item-decoder.ts";
import { toGetRequest, toPutRequest } from "./item-requests.ts";
import { Paged } from "./paged.ts";
import type { ItemChanges } from "./plain-changes.ts";
import { plainChanges } from "./plain-changes.ts";
import type {
  BatchGetItemRequest,
  BatchGetItemResult,
  BatchWrite,
  BatchWriteItemRequest,
  BatchWriteItemResult,
  DeleteItemRequest,
  GetItemRequest,
  GetItemResult,
  ItemPage,
  PutItemRequest,
  QueryOptions,
  ScanOptions,
  UpdateItemRequest,
  WriteResult,
} from "./plain-requests.ts";
import type {
  TransactGetItemsRequest,
  TransactGetItemsResult,
  TransactWriteItemsRequest,
  TransactWriteItemsResult,
} from "./plain-transactions.ts";
import { expressionValues, toTransactGet, toTransactWrite } from "./plain-transactions.ts";
import type { NumberForm, PlainItem } from "./plain-values.ts";
import { fromAttributes, toAttributes } from "./plain-values.ts";

export interface TablesOptions {
  readonly store: Store;
  /**
   * Hold tables to their provisioned throughput, with 300 seconds of burst, on the store's clock.
   * Default false.
   */
  readonly throttle?: boolean | undefined;
  /** The object store that tables are exported to and imported from. Default none. */
  readonly objects?: TableObjects | undefined;
  /** How numbers are read: see `PlainValue`. Default `auto`. */
  readonly numbers?: NumberForm | undefined;
}

export interface TableNames {
  readonly items: readonly string[];
  readonly lastEvaluatedTableName?: string | undefined;
}

/**
 * Tables for an application: DynamoDB's operations with plain JavaScript values.
 *
 * Every write resolves after it is durable (fdatasync); every read sees all that is durable.
 * Errors are `FirnError`s with the codes of `tableErrors` and DynamoDB's texts.
 */
export class Tables implements AsyncDisposable {
  /** The same operations on attribute values and JSON text: what the gateway speaks to. */
  readonly engine: TableEngine;
  readonly #numbers: NumberForm;
  readonly #direct: DirectItems;

  private constructor(engine: TableEngine, numbers: NumberForm) {
    this.engine = engine;
    this.#numbers = numbers;
    this.#direct = engine.directItems(numbers);
  }

  /** Opens the tables of a store. One `Tables` per store: it keeps table descriptions in memory. */
  static async open(options: TablesOptions): Promise<Tables> {
    return new Tables(await TableEngine.open(options), options.numbers ?? "auto");
  }

  /** The same tables bound to another account and region. No I/O. */
  in(scope: Scope): Tables {
    return new Tables(this.engine.in(scope), this.#numbers);
  }

  /** Tables by class, indexes, backups and provisioned units, of all accounts and regions. */
  usage(): Promise<UsageLine[]> {
    return this.engine.usage();
  }

  /** @throws FIRN_TABLE_IN_USE when there is one of that name. */
  createTable(request: CreateTableRequest): Promise<TableDescription> {
    return this.engine.createTable(request);
  }

  /** @throws FIRN_TABLE_NOT_FOUND. */
  describeTable(request: { readonly tableName: string }): Promise<TableDescription> {
    return this.engine.describeTable(request);
  }

  /** @throws FIRN_TABLE_NOT_FOUND, FIRN_TABLE_LIMIT_EXCEEDED. */
  updateTable(request: UpdateTableRequest): Promise<TableDescription> {
    return this.engine.updateTable(request);
  }

  /** Drops the table and its items in O(1). @throws FIRN_TABLE_NOT_FOUND. */
  deleteTable(request: { readonly tableName: string }): Promise<TableDescription> {
    return this.engine.deleteTable(request);
  }

  /** Items go some seconds after the time in their attribute. @throws FIRN_TABLE_NOT_FOUND. */
  updateTimeToLive(request: UpdateTimeToLiveRequest): Promise<TimeToLiveSpecification> {
    return this.engine.updateTimeToLive(request);
  }

  /** @throws FIRN_TABLE_NOT_FOUND. */
  describeTimeToLive(request: { readonly tableName: string }): Promise<TimeToLiveDescription> {
    return this.engine.describeTimeToLive(request);
  }

  /** Adds tags to a table, or new values to those it has. @throws FIRN_TABLE_NOT_FOUND. */
  tagResource(request: TagResourceRequest): Promise<void> {
    return this.engine.tagResource(request);
  }

  /** @throws FIRN_TABLE_NOT_FOUND. */
  untagResource(request: UntagResourceRequest): Promise<void> {
    return this.engine.untagResource(request);
  }

  /** @throws FIRN_TABLE_NOT_FOUND. */
  listTagsOfResource(request: {
    readonly resourceArn: string;
  }): Promise<{ readonly tags: readonly Tag[] }> {
    return this.engine.listTagsOfResource(request);
  }

  /** Names in order. */
  listTables(request: ListTablesRequest = {}): Paged<string, TableNames> {
    return new Paged(async (after) => {
      const start = after?.lastEvaluatedTableName;
      if (after !== undefined && start === undefined) return undefined;
      const from = start === undefined ? {} : { exclusiveStartTableName: start };
      const { tableNames, ...rest } = await this.engine.listTables({ ...request, ...from });
      return { items: tableNames, ...rest };
    });
  }

  /** @throws FIRN_TABLE_CONDITION_FAILED, FIRN_TABLE_THROUGHPUT_EXCEEDED, FIRN_TABLE_NOT_FOUND. */
  putItem<T = PlainItem>(request: PutItemRequest): Promise<WriteResult<T>> {
    const again = (): Promise<WriteResult<T>> => this.#put<T>(request);
    return this.#direct.put(request, again) ?? again();
  }

  async #put<T>(request: PutItemRequest): Promise<WriteResult<T>> {
    return this.#written(await this.engine.putItem(toPutRequest(request)));
  }

  /** @throws as `putItem`. */
  async deleteItem<T = PlainItem>(request: DeleteItemRequest): Promise<WriteResult<T>> {
    const key = toAttributes(request.key);
    const expressionAttributeValues = expressionValues(request);
    return this.#written(
      await this.engine.deleteItem({ ...request, expressionAttributeValues, key }),
    );
  }

  /** @throws as `putItem`. */
  async updateItem<T = PlainItem>(request: UpdateItemRequest): Promise<WriteResult<T>> {
    const key = toAttributes(request.key);
    const expressionAttributeValues = expressionValues(request);
    return this.#written(
      await this.engine.updateItem({ ...request, expressionAttributeValues, key }),
    );
  }

  /** @throws FIRN_TABLE_NOT_FOUND, FIRN_TABLE_THROUGHPUT_EXCEEDED. */
  getItem<T = PlainItem>(request: GetItemRequest): Promise<GetItemResult<T>> {
    return this.#direct.get(request) ?? this.#get<T>(request);
  }

  async #get<T>(request: GetItemRequest): Promise<GetItemResult<T>> {
    const { item, consumedCapacity } = await this.engine.getItem(toGetRequest(request));
    return { item: this.#plain<T>(item), consumedCapacity };
  }

  /** Items of one partition, in the order of the sort key. Each page is one snapshot. */
  query<T = PlainItem>(options: QueryOptions): Paged<T, ItemPage<T>> {
    return this.#paged(options, (request) => this.engine.query({ ...options, ...request }));
  }

  /** All items of a table or index, in no order that means anything. */
  scan<T = PlainItem>(options: ScanOptions): Paged<T, ItemPage<T>> {
    return this.#paged(options, (request) => this.engine.scan({ ...options, ...request }));
  }

  /** Up to 100 items of several tables. @throws FIRN_TABLE_NOT_FOUND. */
  async batchGetItem(request: BatchGetItemRequest): Promise<BatchGetItemResult> {
    const requestItems: Record<string, KeysAndAttributes> = {};
    for (const [name, { keys, ...rest }] of Object.entries(request.requestItems)) {
      requestItems[name] = { ...rest, keys: keys.map(toAttributes) };
    }
    const answer = await this.engine.batchGetItem({ ...request, requestItems });
    return {
      ...answer,
      responses: mapValues(answer.responses, (items) =>
        items.map((item) => this.#plain<PlainItem>(item) as PlainItem),
      ),
      unprocessedKeys: mapValues(answer.unprocessedKeys, ({ keys }) =>
        keys.map((key) => fromAttributes(key, this.#numbers)),
      ),
    };
  }

  /** Up to 25 puts and deletes; those that are carried out commit together. */
  batchWriteItem(request: BatchWriteItemRequest): Promise<BatchWriteItemResult> {
    const again = (): Promise<BatchWriteItemResult> => this.#batch(request);
    return this.#direct.batch(request, again) ?? again();
  }

  async #batch(request: BatchWriteItemRequest): Promise<BatchWriteItemResult> {
    const requestItems: Record<string, readonly WriteRequest[]> = {};
    for (const [name, writes] of Object.entries(request.requestItems)) {
      requestItems[name] = writes.map(toWriteRequest);
    }
    const answer = await this.engine.batchWriteItem({ ...request, requestItems });
    return {
      consumedCapacity: answer.consumedCapacity,
      unprocessedItems: mapValues(answer.unprocessedItems, (writes) =>
        writes.map((write) => this.#batchWrite(write)),
      ),
    };
  }

  /**
   * All of the writes, or none.
   * @throws FIRN_TABLE_TRANSACTION_CANCELED with `detail.reasons` in the order of the actions,
   * FIRN_TABLE_TOKEN_MISMATCH, FIRN_TABLE_NOT_FOUND.
   */
  async transactWriteItems(request: TransactWriteItemsRequest): Promise<TransactWriteItemsResult> {
    const transactItems = request.transactItems.map(toTransactWrite);
    const answer = await this.engine.transactWriteItems({ ...request, transactItems });
    return { consumedCapacity: answer.consumedCapacity };
  }

  /** All as of one moment. @throws FIRN_TABLE_TRANSACTION_CANCELED while one is being written. */
  async transactGetItems(request: TransactGetItemsRequest): Promise<TransactGetItemsResult> {
    const transactItems = request.transactItems.map(toTransactGet);
    const answer = await this.engine.transactGetItems({ ...request, transactItems });
    return {
      items: answer.responses.map((item) => this.#plain<PlainItem>(item)),
      consumedCapacity: answer.consumedCapacity,
    };
  }

  /**
   * The changes of a table with a stream, in the order of commits, as they become durable. Each
   * consumer has a name and a place that outlives the process; at least once: what was handed out
   * counts as done when the next is asked for. Ends with the signal, or with `close`.
   * @throws FIRN_TABLE_IN_USE when a consumer of that name is running.
   */
  changes<T = PlainItem>(request: ConsumeRequest): AsyncGenerator<ItemChanges<T>> {
    return plainChanges(this.engine.streams.consume(request), this.#numbers);
  }

  /**
   * Hands the changes of a table to a destination (`webhook` of @firn/firn is one) until it is
   * stopped, in order, at least once, with growing pauses after failures.
   */
  deliver(request: DeliverRequest): Delivery {
    return this.engine.streams.deliver(request);
  }

  /** Stops what runs in the background. The store is the caller's. Idempotent. */
  close(): Promise<void> {
    return this.engine.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #paged<T>(
    options: QueryOptions | ScanOptions,
    read: (request: {
      readonly expressionAttributeValues: AttributeMap | undefined;
      readonly exclusiveStartKey: AttributeMap | undefined;
    }) => Promise<PageAnswer>,
  ): Paged<T, ItemPage<T>> {
    return new Paged(async (after) => {
      options.signal?.throwIfAborted();
      const start = after === undefined ? options.exclusiveStartKey : after.lastEvaluatedKey;
      if (after !== undefined && start === undefined) return undefined;
      const page = await read({
        expressionAttributeValues: expressionValues(options),
        exclusiveStartKey: start === undefined ? undefined : toAttributes(start),
      });
      return {
        ...page,
        items: (page.items ?? []).map((item) => this.#plain<T>(item) as T),
        lastEvaluatedKey:
          page.lastEvaluatedKey === undefined
            ? undefined
            : fromAttributes(page.lastEvaluatedKey, this.#numbers),
      };
    });
  }

  #written<T>(answer: WriteAnswer): WriteResult<T> {
    return {
      attributes: this.#plain<T>(answer.attributes),
      consumedCapacity: answer.consumedCapacity,
    };
  }

  /** The caller's own claim of what the item is. */
  #plain<T>(text: ItemText | undefined): T | undefined {
    return text === undefined ? undefined : (decodeItem(textOf(text), this.#numbers) as T);
  }

  #batchWrite({ putRequest, deleteRequest }: WriteRequest): BatchWrite {
    return putRequest === undefined
      ? { delete: fromAttributes(deleteRequest?.key ?? {}, this.#numbers) }
      : { put: fromAttributes(putRequest.item, this.#numbers) };
  }
}

function toWriteRequest(write: BatchWrite): WriteRequest {
  return {
    putRequest: write.put === undefined ? undefined : { item: toAttributes(write.put) },
    deleteRequest: write.delete === undefined ? undefined : { key: toAttributes(write.delete) },
  };
}

function mapValues<A, B>(
  from: ReadonlyMap<string, A>,
  change: (value: A) => B,
): ReadonlyMap<string, B> {
  return new Map([...from].map(([name, value]) => [name, change(value)] as const));
}
