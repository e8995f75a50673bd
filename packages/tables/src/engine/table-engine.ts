import type { KeySpaceId, Store } from "@firn/core";
import { Catalog } from "../catalog/catalog.ts";
import { checkCreateTable } from "../catalog/check-table.ts";
import { describeTable } from "../catalog/describe-table.ts";
import { drawTableId, makeTable } from "../catalog/make-table.ts";
import type { Scope, TableRecord, Tag } from "../catalog/table-record.ts";
import { indexesOf, scopeOf } from "../catalog/table-record.ts";
import type {
  CreateTableRequest,
  ListTablesAnswer,
  ListTablesRequest,
  TableDescription,
  TableStatus,
  UpdateTableRequest,
} from "../catalog/table-requests.ts";
import { updateIndexes } from "../catalog/global-index-updates.ts";
import { checkUpdateTable, updateTable } from "../catalog/update-table.ts";
import { LIST_TABLES_MAX } from "../constants.ts";
import { tableError } from "../errors.ts";
import { ExpressionCache } from "../expression/expression-cache.ts";
import { batchExecuteStatement, executeStatement } from "../partiql/execute-statement.ts";
import { executeTransaction } from "../partiql/execute-transaction.ts";
import type {
  BatchExecuteStatementAnswer,
  BatchExecuteStatementRequest,
  ExecuteStatementAnswer,
  ExecuteStatementRequest,
  ExecuteTransactionAnswer,
  ExecuteTransactionRequest,
} from "../partiql/statement-requests.ts";
import { PolicyEngine } from "../policies/policy-engine.ts";
import { Consumers } from "../streams/consumers.ts";
import { StreamCatalog } from "../streams/stream-catalog.ts";
import { withoutStream, withStream } from "../streams/stream-changes.ts";
import { StreamEngine } from "../streams/stream-engine.ts";
import { StreamKeeper } from "../streams/stream-keeper.ts";
import { StreamSignal } from "../streams/stream-signal.ts";
import { Backfills } from "./backfill.ts";
import { batchGet } from "./batch-get.ts";
import { batchWrite } from "./batch-write.ts";
import { prepareDelete } from "./delete-item.ts";
import type { EngineContext } from "./engine-context.ts";
import { asTableNotFound } from "./engine-context.ts";
import { ExpirySweeper } from "./expiry-sweeper.ts";
import { prepareGet } from "./get-item.ts";
import { preparePut } from "./put-item.ts";
import { prepareQuery } from "./query.ts";
import { readItem, readRange } from "./read.ts";
import type {
  BatchGetAnswer,
  BatchGetRequest,
  BatchWriteAnswer,
  BatchWriteRequest,
  DeleteRequest,
  GetAnswer,
  GetRequest,
  PageAnswer,
  PutRequest,
  QueryRequest,
  ScanRequest,
  UpdateRequest,
  WriteAnswer,
} from "./requests.ts";
import { prepareScan } from "./scan.ts";
import type { TagResourceRequest, UntagResourceRequest } from "./tagging.ts";
import { tagResource, tagsOf, untagResource } from "./tagging.ts";
import { protectedTable, tableNotFound } from "./table-errors.ts";
import type { SpaceSize } from "./table-sizes.ts";
import { TableSizes } from "./table-sizes.ts";
import { Throttle } from "./throttle.ts";
import type {
  TimeToLiveDescription,
  TimeToLiveSpecification,
  UpdateTimeToLiveRequest,
} from "./time-to-live.ts";
import { describeTimeToLive, updateTimeToLive } from "./time-to-live.ts";
import { transactGet } from "./transact-get.ts";
import type {
  TransactGetAnswer,
  TransactGetRequest,
  TransactWriteAnswer,
  TransactWriteRequest,
} from "./transact-requests.ts";
import { transactWrite } from "./transact-write.ts";
import { TransactionLocks } from "./transaction-locks.ts";
import { TransactionTokens } from "./transaction-tokens.ts";
import { prepareUpdate } from "./update-item.ts";
import { collectionMetrics, unitsOfWrite, writeItem } from "./write.ts";

/** Default account and region of an embedded engine. */
export const DEFAULT_SCOPE: Scope = { accountId: "000000000000", region: "us-east-1" };

const NO_SIZE: SpaceSize = { items: 0, bytes: 0 };

export interface TableEngineOptions {
  readonly store: Store;
  /** Hold tables to their provisioned throughput. Default false. */
  readonly throttle?: boolean | undefined;
}

/**
 * DynamoDB's operations on attribute values: items come in as the API's JSON structures and go out
 * as its JSON text, untouched where no projection asks for less. Every write resolves after it is
 * durable; every read sees all that is durable.
 *
 * Methods take ownership of the values they are given. Errors are `FirnError`s with the codes of
 * `tableErrors` and DynamoDB's texts.
 */
export class TableEngine {
  readonly #context: EngineContext;

  private constructor(context: EngineContext) {
    this.#context = context;
  }

  static async open(options: TableEngineOptions): Promise<TableEngine> {
    const { store } = options;
    const catalog = await Catalog.open(store);
    const context: EngineContext = {
      store,
      scope: DEFAULT_SCOPE,
      catalog,
      expressions: new ExpressionCache(),
      throttle: new Throttle(store.clock, options.throttle ?? false),
      locks: new TransactionLocks(),
      tokens: await TransactionTokens.open(store),
      streams: await StreamCatalog.open(store),
      streamKeeper: new StreamKeeper(),
      streamSignal: new StreamSignal(),
      consumers: await Consumers.open(store),
      backfills: new Backfills(),
      expiry: new ExpirySweeper(),
      sizes: new TableSizes(),
    };
    for (const table of await catalog.all()) {
      const scoped = { ...context, scope: scopeOf(table) };
      context.backfills.start(scoped, table);
      context.expiry.watch(scoped, table);
    }
    context.streamKeeper.watch(context);
    return new TableEngine(context);
  }

  /** Stops what runs in the background; it goes on at the next opening. Idempotent. */
  async close(): Promise<void> {
    const { backfills, expiry, sizes, streamKeeper, consumers } = this.#context;
    consumers.stop();
    await Promise.all([backfills.stop(), expiry.stop(), sizes.stop(), streamKeeper.stop()]);
  }

  /** The Streams API on the streams of this scope. */
  get streams(): StreamEngine {
    return new StreamEngine(this.#context);
  }

  /** Policies of this scope's tables and streams. */
  get policies(): PolicyEngine {
    return new PolicyEngine(this.#context);
  }

  /** The same engine for another account and region. No I/O. */
  in(scope: Scope): TableEngine {
    return new TableEngine({ ...this.#context, scope });
  }

  /** @throws FIRN_TABLE_REQUEST_INVALID, FIRN_TABLE_IN_USE when there is one of that name. */
  async createTable(request: CreateTableRequest): Promise<TableDescription> {
    checkCreateTable(request);
    const { scope, store, streams, streamKeeper } = this.#context;
    const { streamSpecification: wanted } = request;
    const id = drawTableId(store.random);
    const made = await this.#change(request.tableName, (present, tx) => {
      if (present === undefined) {
        const table = makeTable(tx, request, { scope, id });
        return wanted?.streamEnabled === true ? withStream(streams, tx, { table, wanted }) : table;
      }
      throw tableError("FIRN_TABLE_IN_USE", `Table already exists: ${request.tableName}`);
    });
    streamKeeper.watch(this.#context);
    return this.#describe(made as TableRecord, "CREATING");
  }

  /** @throws FIRN_TABLE_NOT_FOUND. */
  async describeTable(request: { readonly tableName: string }): Promise<TableDescription> {
    const { scope, catalog } = this.#context;
    const record = await catalog.find(scope, request.tableName);
    if (record === undefined) throw tableNotFound(request.tableName);
    try {
      return await this.#describeWithSizes(record);
    } catch (error) {
      // Deleted while its items were being counted.
      throw asTableNotFound(error) === error ? error : tableNotFound(request.tableName);
    }
  }

  /**
   * Throughput, billing mode, deletion protection, and global indexes. A new index is filled in the
   * background; until then DescribeTable says CREATING and it cannot be read.
   * @throws FIRN_TABLE_NOT_FOUND, FIRN_TABLE_REQUEST_INVALID, FIRN_TABLE_LIMIT_EXCEEDED.
   */
  async updateTable(request: UpdateTableRequest): Promise<TableDescription> {
    checkUpdateTable(request);
    const { catalog, scope, streams, streamKeeper } = this.#context;
    const { tableName, streamSpecification: wanted } = request;
    const updated = await catalog.changeFenced(scope, tableName, (present, tx) => {
      if (present === undefined) throw tableNotFound(tableName);
      const table = updateIndexes(tx, updateTable(present, request, tx.now), request);
      return withStream(streams, tx, { table, wanted });
    });
    streamKeeper.watch(this.#context);
    this.#context.backfills.start(this.#context, updated as TableRecord);
    return this.#describe(updated as TableRecord, "UPDATING");
  }

  /**
   * Removes the table with all items and indexes; O(1), their room comes back in the background.
   * @throws FIRN_TABLE_NOT_FOUND, FIRN_TABLE_REQUEST_INVALID when it is protected.
   */
  async deleteTable(request: { readonly tableName: string }): Promise<TableDescription> {
    let dropped: TableRecord | undefined;
    await this.#change(request.tableName, (present, tx) => {
      if (present === undefined) throw tableNotFound(request.tableName);
      if (present.deletionProtected) throw protectedTable(present);
      tx.dropKeySpace(present.space);
      for (const { space } of indexesOf(present)) tx.dropKeySpace(space);
      if (present.timeToLive !== undefined) tx.dropKeySpace(present.timeToLive.space);
      withoutStream(this.#context.streams, tx, present);
      dropped = present;
      return undefined;
    });
    const table = dropped as unknown as TableRecord;
    this.#context.throttle.forget(table);
    return this.#describe(table, "DELETING");
  }

  /** Names in order, at most 100. */
  async listTables(request: ListTablesRequest = {}): Promise<ListTablesAnswer> {
    const { scope, catalog } = this.#context;
    const limit = request.limit ?? LIST_TABLES_MAX;
    const names = await catalog.names(scope, request.exclusiveStartTableName, limit);
    if (names.length <= limit) return { tableNames: names };
    const tableNames = names.slice(0, limit);
    return { tableNames, lastEvaluatedTableName: tableNames.at(-1) };
  }

  /**
   * Items go some seconds after the time in their attribute. Until then they are there.
   * @throws FIRN_TABLE_NOT_FOUND, FIRN_TABLE_REQUEST_INVALID.
   */
  async updateTimeToLive(request: UpdateTimeToLiveRequest): Promise<TimeToLiveSpecification> {
    const table = await updateTimeToLive(this.#context, request);
    this.#context.backfills.start(this.#context, table);
    this.#context.expiry.watch(this.#context, table);
    return request.timeToLiveSpecification;
  }

  /** @throws FIRN_TABLE_NOT_FOUND. */
  describeTimeToLive(request: { readonly tableName: string }): Promise<TimeToLiveDescription> {
    return describeTimeToLive(this.#context, request.tableName);
  }

  /** Adds tags to a table, or new values to those it has. @throws FIRN_TABLE_NOT_FOUND. */
  tagResource(request: TagResourceRequest): Promise<void> {
    return tagResource(this.#context, request);
  }

  /** @throws FIRN_TABLE_NOT_FOUND. */
  untagResource(request: UntagResourceRequest): Promise<void> {
    return untagResource(this.#context, request);
  }

  /** @throws FIRN_TABLE_NOT_FOUND. */
  async listTagsOfResource(request: {
    readonly resourceArn: string;
  }): Promise<{ readonly tags: readonly Tag[] }> {
    return { tags: await tagsOf(this.#context, request.resourceArn) };
  }

  /** @throws FIRN_TABLE_CONDITION_FAILED and those of every write. */
  async putItem(request: PutRequest): Promise<WriteAnswer> {
    const prepared = preparePut(this.#context.expressions, request);
    const wanted = request.returnConsumedCapacity;
    const written = await writeItem(this.#context, prepared, wanted);
    const { before } = written.result;
    return {
      attributes: request.returnValues === "ALL_OLD" ? before?.stored.text : undefined,
      consumedCapacity: unitsOfWrite(written, wanted),
      itemCollectionMetrics: collectionMetrics(
        written.table,
        request.item,
        request.returnItemCollectionMetrics,
      ),
    };
  }

  /** Deleting what is not there succeeds. @throws FIRN_TABLE_CONDITION_FAILED and others. */
  async deleteItem(request: DeleteRequest): Promise<WriteAnswer> {
    const prepared = prepareDelete(this.#context.expressions, request);
    const wanted = request.returnConsumedCapacity;
    const written = await writeItem(this.#context, prepared, wanted);
    const { before } = written.result;
    return {
      attributes: request.returnValues === "ALL_OLD" ? before?.stored.text : undefined,
      consumedCapacity: unitsOfWrite(written, wanted),
      itemCollectionMetrics: collectionMetrics(
        written.table,
        request.key,
        request.returnItemCollectionMetrics,
      ),
    };
  }

  /** Makes the item when it is not there. @throws FIRN_TABLE_CONDITION_FAILED and others. */
  async updateItem(request: UpdateRequest): Promise<WriteAnswer> {
    const prepared = prepareUpdate(this.#context.expressions, request);
    const wanted = request.returnConsumedCapacity;
    const written = await writeItem(this.#context, prepared, wanted);
    return {
      attributes: prepared.attributes(written.result),
      consumedCapacity: unitsOfWrite(written, wanted),
      itemCollectionMetrics: collectionMetrics(
        written.table,
        request.key,
        request.returnItemCollectionMetrics,
      ),
    };
  }

  async getItem(request: GetRequest): Promise<GetAnswer> {
    return readItem(this.#context, prepareGet(this.#context.expressions, request), request);
  }

  /** One page. */
  async query(request: QueryRequest): Promise<PageAnswer> {
    return readRange(this.#context, prepareQuery(this.#context.expressions, request), request);
  }

  /** One page. */
  async scan(request: ScanRequest): Promise<PageAnswer> {
    return readRange(this.#context, prepareScan(this.#context.expressions, request), request);
  }

  async batchGetItem(request: BatchGetRequest): Promise<BatchGetAnswer> {
    return batchGet(this.#context, request);
  }

  async batchWriteItem(request: BatchWriteRequest): Promise<BatchWriteAnswer> {
    return batchWrite(this.#context, request);
  }

  /** All or nothing. @throws FIRN_TABLE_TRANSACTION_CANCELED, FIRN_TABLE_TOKEN_MISMATCH, … */
  async transactWriteItems(request: TransactWriteRequest): Promise<TransactWriteAnswer> {
    return transactWrite(this.#context, request);
  }

  /** All as of one moment. @throws FIRN_TABLE_TRANSACTION_CANCELED and others. */
  async transactGetItems(request: TransactGetRequest): Promise<TransactGetAnswer> {
    return transactGet(this.#context, request);
  }

  /** One PartiQL statement; of a SELECT one page. @throws FIRN_TABLE_DUPLICATE_ITEM and others. */
  async executeStatement(request: ExecuteStatementRequest): Promise<ExecuteStatementAnswer> {
    return executeStatement({ engine: this, context: this.#context }, request);
  }

  /** PartiQL statements on one item each; none depends on the others. */
  async batchExecuteStatement(
    request: BatchExecuteStatementRequest,
  ): Promise<BatchExecuteStatementAnswer> {
    return batchExecuteStatement({ engine: this, context: this.#context }, request);
  }

  /** All or nothing. @throws FIRN_TABLE_TRANSACTION_CANCELED, FIRN_TABLE_TOKEN_MISMATCH, … */
  async executeTransaction(request: ExecuteTransactionRequest): Promise<ExecuteTransactionAnswer> {
    return executeTransaction({ engine: this, context: this.#context }, request);
  }

  #change(name: string, change: Parameters<Catalog["change"]>[2]): ReturnType<Catalog["change"]> {
    return this.#context.catalog.change(this.#context.scope, name, change);
  }

  /** In the answers of changes, whose tables are new, gone or about to be described again. */
  #describe(table: TableRecord, status: TableStatus): TableDescription {
    const sizeOf = (): SpaceSize => NO_SIZE;
    return describeTable(table, { nowMs: this.#context.store.clock.now(), status, sizeOf });
  }

  async #describeWithSizes(table: TableRecord): Promise<TableDescription> {
    const { store, sizes } = this.#context;
    const counted = new Map<KeySpaceId, SpaceSize>();
    for (const { space } of [table, ...indexesOf(table)]) {
      counted.set(space, await sizes.of(store, space));
    }
    const sizeOf = (space: KeySpaceId): SpaceSize => counted.get(space) ?? NO_SIZE;
    return describeTable(table, { nowMs: store.clock.now(), status: "ACTIVE", sizeOf });
  }
}
