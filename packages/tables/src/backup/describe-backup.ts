import { indexInfo, schemaOf } from "../catalog/describe-table.ts";
import type { BackupRecord } from "./backup-record.ts";
import type { BackupDescription, BackupDetails, BackupSummary } from "./backup-requests.ts";

export function detailsOf(
  record: BackupRecord,
  status: BackupDetails["backupStatus"] = record.copying === undefined ? "AVAILABLE" : "CREATING",
): BackupDetails {
  return {
    backupArn: record.arn,
    backupName: record.name,
    backupSizeBytes: record.bytes,
    backupStatus: status,
    backupType: record.type,
    backupCreationDateTime: record.createdMs,
    backupExpiryDateTime: record.expiresMs,
  };
}

export function summaryOf(record: BackupRecord): BackupSummary {
  const { name: tableName, id: tableId, arn: tableArn } = record.table;
  return { tableName, tableId, tableArn, ...detailsOf(record) };
}

export function describeBackup(
  record: BackupRecord,
  status?: BackupDetails["backupStatus"],
): BackupDescription {
  const { table } = record;
  const { localIndexes, globalIndexes } = table;
  return {
    backupDetails: detailsOf(record, status),
    sourceTableDetails: {
      tableName: table.name,
      tableId: table.id,
      tableArn: table.arn,
      tableSizeBytes: record.bytes,
      keySchema: schemaOf(table.key),
      tableCreationDateTime: table.createdMs,
      provisionedThroughput: {
        readCapacityUnits: table.throughput.read,
        writeCapacityUnits: table.throughput.write,
      },
      itemCount: record.items,
      billingMode: table.billingMode,
    },
    sourceTableFeatureDetails: {
      ...(localIndexes.length === 0 ? {} : { localSecondaryIndexes: localIndexes.map(indexInfo) }),
      ...(globalIndexes.length === 0
        ? {}
        : { globalSecondaryIndexes: globalIndexes.map(indexInfo) }),
    },
  };
}
