import { FirnError } from "@firn/core";
import type { Store, TransactOptions } from "@firn/core";
import type { BackgroundJobs } from "../backup/background-jobs.ts";
import type { BackupCatalog } from "../backup/backup-catalog.ts";
import type { Catalog } from "../catalog/catalog.ts";
import type { Scope, TableRecord } from "../catalog/table-record.ts";
import { tableError } from "../errors.ts";
import type { ExpressionCache } from "../expression/expression-cache.ts";
import type { Consumers } from "../streams/consumers.ts";
import type { StreamCatalog } from "../streams/stream-catalog.ts";
import type { StreamKeeper } from "../streams/stream-keeper.ts";
import type { StreamSignal } from "../streams/stream-signal.ts";
import type { TableObjects } from "../transfer/table-objects.ts";
import type { TransferCatalog } from "../transfer/transfer-catalog.ts";
import type { Backfills } from "./backfill.ts";
import type { ExpirySweeper } from "./expiry-sweeper.ts";
import type { Mutation } from "./mutation.ts";
import { readsBefore } from "./mutation.ts";
import type { TableSizes } from "./table-sizes.ts";
import type { Throttle } from "./throttle.ts";
import type { TransactionLocks } from "./transaction-locks.ts";
import type { TransactionTokens } from "./transaction-tokens.ts";

/** What the operations of one engine share, bound to a scope. */
export interface EngineContext {
  readonly store: Store;
  readonly scope: Scope;
  readonly catalog: Catalog;
  readonly expressions: ExpressionCache;
  readonly throttle: Throttle;
  readonly backfills: Backfills;
  readonly expiry: ExpirySweeper;
  readonly sizes: TableSizes;
  readonly locks: TransactionLocks;
  readonly tokens: TransactionTokens;
  readonly streams: StreamCatalog;
  readonly streamKeeper: StreamKeeper;
  readonly streamSignal: StreamSignal;
  readonly consumers: Consumers;
  readonly backups: BackupCatalog;
  readonly jobs: BackgroundJobs;
  readonly transfers: TransferCatalog;
  /** Where exports go to and imports come from. */
  readonly objects: TableObjects | undefined;
}

/** The table of that name, if it can be used. @throws FIRN_TABLE_NOT_FOUND. */
export function tableOf(context: EngineContext, name: string): TableRecord | Promise<TableRecord> {
  const { catalog, scope } = context;
  const known = catalog.peek(scope, name);
  return known === undefined ? catalog.get(scope, name).then(usable) : usable(known);
}

/** A table whose items are still being restored or imported is there for DescribeTable only. */
function usable(table: TableRecord): TableRecord {
  if (table.restoring === undefined && table.importing === undefined) return table;
  throw tableError("FIRN_TABLE_NOT_FOUND", "Requested resource not found", {
    tableName: table.name,
  });
}

/** The keys that a mutation reads, for the store to fetch. */
export function readsOf(
  mutations: readonly Mutation[],
  exact: boolean,
): NonNullable<TransactOptions["reads"]> {
  return mutations
    .filter((mutation) => readsBefore(mutation, exact))
    .map(({ table, key }) => [table.space, key] as const);
}

/** A key space that is gone was a table that was deleted meanwhile. */
export function asTableNotFound(error: unknown): unknown {
  return error instanceof FirnError && error.code === "FIRN_KEY_SPACE_NOT_FOUND"
    ? tableError("FIRN_TABLE_NOT_FOUND", "Requested resource not found")
    : error;
}
