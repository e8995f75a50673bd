import type { KeySpaceId } from "@firn/core";
import { BackupEngine, keepDeleted } from "../backup/backup-engine.ts";
import type {
  ContinuousBackupsDescription,
  RestoreFromBackupRequest,
  RestoreToPointInTimeRequest,
  UpdateContinuousBackupsRequest,
} from "../backup/backup-requests.ts";
import { describeContinuousBackups, updateContinuousBackups } from "../backup/point-in-time.ts";
import { restoreFromBackup, restoreToPointInTime } from "../backup/restore-engine.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { checkCreateTable } from "../catalog/check-table.ts";
import { describeTable } from "../catalog/describe-table.ts";
import { updateIndexes } from "../catalog/global-index-updates.ts";
import { drawTableId, makeTable } from "../catalog/make-table.ts";
import type { TableRecord, Tag } from "../catalog/table-record.ts";
import { indexesOf } from "../catalog/table-record.ts";
import type {
  CreateTableRequest,
  ListTablesAnswer,
  ListTablesRequest,
  TableDescription,
  TableStatus,
  UpdateTableRequest,
} from "../catalog/table-requests.ts";
import { checkUpdateTable, updateTable } from "../catalog/update-table.ts";
import { LIST_TABLES_MAX } from "../constants.ts";
import { tableError } from "../errors.ts";
import type { PolicyRecord } from "../policies/policy-record.ts";
import { PolicyEngine } from "../policies/policy-engine.ts";
import { withoutStream, withStream } from "../streams/stream-changes.ts";
import { StreamEngine } from "../streams/stream-engine.ts";
import { TransferEngine } from "../transfer/transfer-engine.ts";
import type { EngineContext } from "./engine-context.ts";
import { asTableNotFound } from "./engine-context.ts";
import { protectedTable, tableInUse, tableNotFound } from "./table-errors.ts";
import type { SpaceSize } from "./table-sizes.ts";
import type { TagResourceRequest, UntagResourceRequest } from "./tagging.ts";
import { tagResource, tagsOf, untagResource } from "./tagging.ts";
import type {
  TimeToLiveDescription,
  TimeToLiveSpecification,
  UpdateTimeToLiveRequest,
} from "./time-to-live.ts";
import { describeTimeToLive, updateTimeToLive } from "./time-to-live.ts";

/** What decides who may use a table; without members when there is no such table. */
export interface TableAccess {
  readonly policy?: PolicyRecord | undefined;
  readonly partitionKey?: string | undefined;
}

function accessOf(table: TableRecord | undefined): TableAccess {
  if (table === undefined) return {};
  return { policy: table.policy, partitionKey: table.key.partition[0]?.name };
}

const NO_SIZE: SpaceSize = { items: 0, bytes: 0 };

/** Calls on tables, their streams, policies and backups; those on items are `TableEngine`'s. */
export class TableAdministration {
  protected readonly context: EngineContext;

  protected constructor(context: EngineContext) {
    this.context = context;
  }

  /** The Streams API on the streams of this scope. */
  get streams(): StreamEngine {
    return new StreamEngine(this.context);
  }

  /** Policies of this scope's tables and streams. */
  get policies(): PolicyEngine {
    return new PolicyEngine(this.context);
  }

  /** A table's policy and the attributes of its partition key; at once when it is in memory. */
  accessOf(tableName: string): TableAccess | Promise<TableAccess> {
    const { catalog, scope } = this.context;
    const known = catalog.peek(scope, tableName);
    if (known !== undefined) return accessOf(known);
    return catalog.find(scope, tableName).then(accessOf);
  }

  /** Backups of this scope's tables. */
  get backups(): BackupEngine {
    return new BackupEngine(this.context);
  }

  /** @throws FIRN_TABLE_REQUEST_INVALID, FIRN_TABLE_IN_USE when there is one of that name. */
  async createTable(request: CreateTableRequest): Promise<TableDescription> {
    checkCreateTable(request);
    const { scope, store, streams, streamKeeper } = this.context;
    const { streamSpecification: wanted } = request;
    const id = drawTableId(store.random);
    const made = await this.#change(request.tableName, (present, tx) => {
      if (present === undefined) {
        const table = makeTable(tx, request, { scope, id });
        return wanted?.streamEnabled === true ? withStream(streams, tx, { table, wanted }) : table;
      }
      throw tableError("FIRN_TABLE_IN_USE", `Table already exists: ${request.tableName}`);
    });
    streamKeeper.watch(this.context);
    return this.#describe(made as TableRecord, "CREATING");
  }

  /** @throws FIRN_TABLE_NOT_FOUND. */
  async describeTable(request: { readonly tableName: string }): Promise<TableDescription> {
    const { scope, catalog } = this.context;
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
    const { catalog, scope, streams, streamKeeper } = this.context;
    const { tableName, streamSpecification: wanted } = request;
    const updated = await catalog.changeFenced(scope, tableName, (present, tx) => {
      if (present === undefined) throw tableNotFound(tableName);
      if ((present.restoring ?? present.importing) !== undefined) {
        throw tableInUse("created", present);
      }
      const table = updateIndexes(tx, updateTable(present, request, tx.now), request);
      return withStream(streams, tx, { table, wanted });
    });
    streamKeeper.watch(this.context);
    this.context.backfills.start(this.context, updated as TableRecord);
    return this.#describe(updated as TableRecord, "UPDATING");
  }

  /**
   * Removes the table with all items and indexes; O(1), their room comes back in the background.
   * @throws FIRN_TABLE_NOT_FOUND, FIRN_TABLE_REQUEST_INVALID when it is protected.
   */
  async deleteTable(request: { readonly tableName: string }): Promise<TableDescription> {
    const { jobs } = this.context;
    let dropped: TableRecord | undefined;
    await this.#change(request.tableName, (present, tx) => {
      if (present === undefined) throw tableNotFound(request.tableName);
      if (present.deletionProtected) throw protectedTable(present);
      if (jobs.isRead(present.space)) throw tableInUse("copied", present);
      if (present.recovery === undefined) tx.dropKeySpace(present.space);
      else keepDeleted(this.context, tx, present);
      for (const { space } of indexesOf(present)) tx.dropKeySpace(space);
      if (present.timeToLive !== undefined) tx.dropKeySpace(present.timeToLive.space);
      withoutStream(this.context.streams, tx, present);
      dropped = present;
      return undefined;
    });
    const table = dropped as unknown as TableRecord;
    this.context.throttle.forget(table);
    return this.#describe(table, "DELETING");
  }

  /** Names in order, at most 100. */
  async listTables(request: ListTablesRequest = {}): Promise<ListTablesAnswer> {
    const { scope, catalog } = this.context;
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
    const table = await updateTimeToLive(this.context, request);
    this.context.backfills.start(this.context, table);
    this.context.expiry.watch(this.context, table);
    return request.timeToLiveSpecification;
  }

  /** @throws FIRN_TABLE_NOT_FOUND. */
  describeTimeToLive(request: { readonly tableName: string }): Promise<TimeToLiveDescription> {
    return describeTimeToLive(this.context, request.tableName);
  }

  /** Adds tags to a table, or new values to those it has. @throws FIRN_TABLE_NOT_FOUND. */
  tagResource(request: TagResourceRequest): Promise<void> {
    return tagResource(this.context, request);
  }

  /** @throws FIRN_TABLE_NOT_FOUND. */
  untagResource(request: UntagResourceRequest): Promise<void> {
    return untagResource(this.context, request);
  }

  /** @throws FIRN_TABLE_NOT_FOUND. */
  async listTagsOfResource(request: {
    readonly resourceArn: string;
  }): Promise<{ readonly tags: readonly Tag[] }> {
    return { tags: await tagsOf(this.context, request.resourceArn) };
  }

  /** Exports and imports of this scope's tables. */
  get transfers(): TransferEngine {
    return new TransferEngine(this.context);
  }

  /**
   * A new table with the items of a backup; described as CREATING until it is filled.
   * @throws FIRN_TABLE_BACKUP_NOT_FOUND, FIRN_TABLE_BACKUP_IN_USE, FIRN_TABLE_EXISTS,
   * FIRN_TABLE_REQUEST_INVALID.
   */
  async restoreTableFromBackup(request: RestoreFromBackupRequest): Promise<TableDescription> {
    return this.#describe(await restoreFromBackup(this.context, request), "CREATING");
  }

  /**
   * A new table with another's items as they were at a moment of its recovery window.
   * @throws FIRN_TABLE_SOURCE_NOT_FOUND, FIRN_TABLE_RECOVERY_UNAVAILABLE,
   * FIRN_TABLE_RESTORE_TIME, FIRN_TABLE_EXISTS, FIRN_TABLE_REQUEST_INVALID.
   */
  async restoreTableToPointInTime(request: RestoreToPointInTimeRequest): Promise<TableDescription> {
    return this.#describe(await restoreToPointInTime(this.context, request), "CREATING");
  }

  /** Begins or ends point-in-time recovery. @throws FIRN_TABLE_SOURCE_NOT_FOUND. */
  updateContinuousBackups(
    request: UpdateContinuousBackupsRequest,
  ): Promise<ContinuousBackupsDescription> {
    return updateContinuousBackups(this.context, request);
  }

  /** @throws FIRN_TABLE_SOURCE_NOT_FOUND. */
  describeContinuousBackups(request: {
    readonly tableName: string;
  }): Promise<ContinuousBackupsDescription> {
    return describeContinuousBackups(this.context, request.tableName);
  }

  #change(name: string, change: Parameters<Catalog["change"]>[2]): ReturnType<Catalog["change"]> {
    return this.context.catalog.change(this.context.scope, name, change);
  }

  /** In the answers of changes, whose tables are new, gone or about to be described again. */
  #describe(table: TableRecord, status: TableStatus): TableDescription {
    const sizeOf = (): SpaceSize => NO_SIZE;
    return describeTable(table, { nowMs: this.context.store.clock.now(), status, sizeOf });
  }

  async #describeWithSizes(table: TableRecord): Promise<TableDescription> {
    const { store, sizes } = this.context;
    const counted = new Map<KeySpaceId, SpaceSize>();
    for (const { space } of [table, ...indexesOf(table)]) {
      counted.set(space, await sizes.of(store, space));
    }
    const sizeOf = (space: KeySpaceId): SpaceSize => counted.get(space) ?? NO_SIZE;
    const isFilling = table.restoring !== undefined || table.importing !== undefined;
    const status = isFilling ? "CREATING" : "ACTIVE";
    return describeTable(table, { nowMs: store.clock.now(), status, sizeOf });
  }
}
