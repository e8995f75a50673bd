import type { DynamoDbOperation } from "../context.ts";
import { batchExecuteStatement } from "./batch-execute-statement.ts";
import { batchGetItem } from "./batch-get-item.ts";
import { batchWriteItem } from "./batch-write-item.ts";
import { createTable } from "./create-table.ts";
import { deleteItem } from "./delete-item.ts";
import { deleteTable } from "./delete-table.ts";
import { describeEndpoints } from "./describe-endpoints.ts";
import { describeLimits } from "./describe-limits.ts";
import { describeTable } from "./describe-table.ts";
import { describeTimeToLive } from "./describe-time-to-live.ts";
import { executeStatement } from "./execute-statement.ts";
import { executeTransaction } from "./execute-transaction.ts";
import { getItem } from "./get-item.ts";
import { listTables } from "./list-tables.ts";
import { listTagsOfResource } from "./list-tags-of-resource.ts";
import { putItem } from "./put-item.ts";
import { query } from "./query.ts";
import { scan } from "./scan.ts";
import { tagResource } from "./tag-resource.ts";
import { transactGetItems } from "./transact-get-items.ts";
import { transactWriteItems } from "./transact-write-items.ts";
import { untagResource } from "./untag-resource.ts";
import { updateItem } from "./update-item.ts";
import { updateTable } from "./update-table.ts";
import { updateTimeToLive } from "./update-time-to-live.ts";
import { putResourcePolicy } from "./put-resource-policy.ts";
import { getResourcePolicy } from "./get-resource-policy.ts";
import { deleteResourcePolicy } from "./delete-resource-policy.ts";
import { enableKinesisStreamingDestination } from "./enable-kinesis-streaming-destination.ts";
import { disableKinesisStreamingDestination } from "./disable-kinesis-streaming-destination.ts";
import { updateKinesisStreamingDestination } from "./update-kinesis-streaming-destination.ts";
import { describeKinesisStreamingDestination } from "./describe-kinesis-streaming-destination.ts";
import { createBackup } from "./create-backup.ts";
import { describeBackup } from "./describe-backup.ts";
import { listBackups } from "./list-backups.ts";
import { deleteBackup } from "./delete-backup.ts";
import { restoreTableFromBackup } from "./restore-table-from-backup.ts";
import { updateContinuousBackups } from "./update-continuous-backups.ts";
import { describeContinuousBackups } from "./describe-continuous-backups.ts";
import { restoreTableToPointInTime } from "./restore-table-to-point-in-time.ts";
import { exportTableToPointInTime } from "./export-table-to-point-in-time.ts";
import { describeExport } from "./describe-export.ts";
import { listExports } from "./list-exports.ts";
import { importTable } from "./import-table.ts";
import { describeImport } from "./describe-import.ts";
import { listImports } from "./list-imports.ts";

/** Every operation of DynamoDB that Firn has. */
export const dynamoDbOperations: readonly DynamoDbOperation[] = [
  createTable,
  describeTable,
  listTables,
  updateTable,
  deleteTable,
  putItem,
  getItem,
  updateItem,
  deleteItem,
  query,
  scan,
  batchGetItem,
  batchWriteItem,
  transactWriteItems,
  transactGetItems,
  executeStatement,
  batchExecuteStatement,
  executeTransaction,
  updateTimeToLive,
  describeTimeToLive,
  tagResource,
  untagResource,
  listTagsOfResource,
  putResourcePolicy,
  getResourcePolicy,
  deleteResourcePolicy,
  enableKinesisStreamingDestination,
  disableKinesisStreamingDestination,
  updateKinesisStreamingDestination,
  describeKinesisStreamingDestination,
  createBackup,
  describeBackup,
  listBackups,
  deleteBackup,
  restoreTableFromBackup,
  updateContinuousBackups,
  describeContinuousBackups,
  restoreTableToPointInTime,
  exportTableToPointInTime,
  describeExport,
  listExports,
  importTable,
  describeImport,
  listImports,
  describeLimits,
  describeEndpoints,
];
