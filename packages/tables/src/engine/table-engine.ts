import { BackgroundJobs } from "../backup/background-jobs.ts";
import { BackupCatalog } from "../backup/backup-catalog.ts";
import { resumeBackups } from "../backup/backup-engine.ts";
import { startRestore } from "../backup/restore-engine.ts";
import type { Store, UsageLine } from "@firn/core";
import { Catalog } from "../catalog/catalog.ts";
import type { Scope } from "../catalog/table-record.ts";
import { scopeOf } from "../catalog/table-record.ts";
import type { NumberForm } from "../client/plain-values.ts";
import { DirectItems } from "../direct/direct-items.ts";
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
import { Consumers } from "../streams/consumers.ts";
import { StreamCatalog } from "../streams/stream-catalog.ts";
import { StreamKeeper } from "../streams/stream-keeper.ts";
import { StreamSignal } from "../streams/stream-signal.ts";
import { resumeTransfers } from "../transfer/run-transfer.ts";
import type { TableObjects } from "../transfer/table-objects.ts";
import { TransferCatalog } from "../transfer/transfer-catalog.ts";
import { Backfills } from "./backfill.ts";
import { batchGet } from "./batch-get.ts";
import { batchWrite } from "./batch-write.ts";
import { prepareDelete } from "./delete-item.ts";
import type { EngineContext } from "./engine-context.ts";
import { ExpirySweeper } from "./expiry-sweeper.ts";
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
import { TableAdministration } from "./table-administration.ts";
import { TableSizes } from "./table-sizes.ts";
import { Throttle } from "./throttle.ts";
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
import { usageOfTables } from "./usage.ts";
import { collectionMetrics, unitsOfWrite, writeItem } from "./write.ts";

/** Default account and region of an embedded engine. */
export const DEFAULT_SCOPE: Scope = { accountId: "000000000000", region: "us-east-1" };

export interface TableEngineOptions {
  readonly store: Store;
  /** Hold tables to their provisioned throughput. Default false. */
  readonly throttle?: boolean | undefined;
  /** The object store that tables are exported to and imported from. Default none. */
  readonly objects?: TableObjects | undefined;
}

/**
 * DynamoDB's operations on attribute values: items come in as the API's JSON structures and go out
 * as its JSON text, untouched where no projection asks for less. Every write resolves after it is
 * durable; every read sees all that is durable.
 *
 * Methods take ownership of the values they are given. Errors are `FirnError`s with the codes of
 * `tableErrors` and DynamoDB's texts.
 */
export class TableEngine extends TableAdministration {
  static async open(options: TableEngineOptions): Promise<TableEngine> {
    const context = await openContext(options);
    for (const table of await context.catalog.all()) {
      const scoped = { ...context, scope: scopeOf(table) };
      context.backfills.start(scoped, table);
      context.expiry.watch(scoped, table);
      startRestore(scoped, table);
    }
    await resumeBackups(context);
    await resumeTransfers(context);
    context.streamKeeper.watch(context);
    return new TableEngine(context);
  }

  private constructor(context: EngineContext) {
    super(context);
  }

  /** Stops what runs in the background; it goes on at the next opening. Idempotent. */
  async close(): Promise<void> {
    const { backfills, expiry, sizes, streamKeeper, consumers, jobs } = this.context;
    consumers.stop();
    const all = [backfills, expiry, sizes, streamKeeper, jobs];
    await Promise.all(all.map((each) => each.stop()));
  }

  /** What all tables of the store take, as a price list counts it. */
  usage(): Promise<UsageLine[]> {
    return usageOfTables(this.context);
  }

  /** The same engine for another account and region. No I/O. */
  in(scope: Scope): TableEngine {
    return new TableEngine({ ...this.context, scope });
  }

  /** Puts and gets of plain values, past what they mostly do not need. */
  directItems(numbers: NumberForm): DirectItems {
    return new DirectItems(this.context, numbers);
  }

  /** @throws FIRN_TABLE_CONDITION_FAILED and those of every write. */
  async putItem(request: PutRequest): Promise<WriteAnswer> {
    const prepared = preparePut(this.context.expressions, request);
    const wanted = request.returnConsumedCapacity;
    const written = await writeItem(this.context, prepared, wanted);
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
    const prepared = prepareDelete(this.context.expressions, request);
    const wanted = request.returnConsumedCapacity;
    const written = await writeItem(this.context, prepared, wanted);
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
    const prepared = prepareUpdate(this.context.expressions, request);
    const wanted = request.returnConsumedCapacity;
    const written = await writeItem(this.context, prepared, wanted);
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

  getItem(request: GetRequest): Promise<GetAnswer> {
    return readItem(this.context, request);
  }

  /** One page. */
  async query(request: QueryRequest): Promise<PageAnswer> {
    return readRange(this.context, prepareQuery(this.context.expressions, request), request);
  }

  /** One page. */
  async scan(request: ScanRequest): Promise<PageAnswer> {
    return readRange(this.context, prepareScan(this.context.expressions, request), request);
  }

  async batchGetItem(request: BatchGetRequest): Promise<BatchGetAnswer> {
    return batchGet(this.context, request);
  }

  async batchWriteItem(request: BatchWriteRequest): Promise<BatchWriteAnswer> {
    return batchWrite(this.context, request);
  }

  /** All or nothing. @throws FIRN_TABLE_TRANSACTION_CANCELED, FIRN_TABLE_TOKEN_MISMATCH, … */
  async transactWriteItems(request: TransactWriteRequest): Promise<TransactWriteAnswer> {
    return transactWrite(this.context, request);
  }

  /** All as of one moment. @throws FIRN_TABLE_TRANSACTION_CANCELED and others. */
  async transactGetItems(request: TransactGetRequest): Promise<TransactGetAnswer> {
    return transactGet(this.context, request);
  }

  /** One PartiQL statement; of a SELECT one page. @throws FIRN_TABLE_DUPLICATE_ITEM and others. */
  async executeStatement(request: ExecuteStatementRequest): Promise<ExecuteStatementAnswer> {
    return executeStatement({ engine: this, context: this.context }, request);
  }

  /** PartiQL statements on one item each; none depends on the others. */
  async batchExecuteStatement(
    request: BatchExecuteStatementRequest,
  ): Promise<BatchExecuteStatementAnswer> {
    return batchExecuteStatement({ engine: this, context: this.context }, request);
  }

  /** All or nothing. @throws FIRN_TABLE_TRANSACTION_CANCELED, FIRN_TABLE_TOKEN_MISMATCH, … */
  async executeTransaction(request: ExecuteTransactionRequest): Promise<ExecuteTransactionAnswer> {
    return executeTransaction({ engine: this, context: this.context }, request);
  }
}

async function openContext({
  store,
  throttle,
  objects,
}: TableEngineOptions): Promise<EngineContext> {
  return {
    store,
    scope: DEFAULT_SCOPE,
    catalog: await Catalog.open(store),
    expressions: new ExpressionCache(),
    throttle: new Throttle(store.clock, throttle ?? false),
    locks: new TransactionLocks(),
    tokens: await TransactionTokens.open(store),
    streams: await StreamCatalog.open(store),
    streamKeeper: new StreamKeeper(),
    streamSignal: new StreamSignal(),
    consumers: await Consumers.open(store),
    backups: await BackupCatalog.open(store),
    jobs: new BackgroundJobs(store.clock),
    transfers: await TransferCatalog.open(store),
    objects,
    backfills: new Backfills(),
    expiry: new ExpirySweeper(),
    sizes: new TableSizes(),
  };
}
