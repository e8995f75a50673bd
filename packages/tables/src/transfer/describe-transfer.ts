import type { ExportRecord, ImportRecord } from "./transfer-records.ts";
import type { ExportDescription, ImportDescription } from "./transfer-requests.ts";

export function describeExport(record: ExportRecord): ExportDescription {
  const { since, failure, prefix } = record;
  const done = record.status === "COMPLETED";
  return {
    exportArn: record.arn,
    exportStatus: record.status,
    startTime: record.startMs,
    endTime: record.endMs,
    exportManifest: record.manifest,
    tableArn: record.tableArn,
    tableId: record.tableId,
    exportTime: record.timeMs,
    clientToken: record.token,
    s3Bucket: record.bucket,
    s3Prefix: prefix === "" ? undefined : prefix,
    failureCode: failure?.code,
    failureMessage: failure?.message,
    exportFormat: "DYNAMODB_JSON",
    billedSizeBytes: done ? record.bytes : undefined,
    itemCount: done ? record.items : undefined,
    exportType: since === undefined ? "FULL_EXPORT" : "INCREMENTAL_EXPORT",
    incrementalExportSpecification: since && {
      exportFromTime: since.fromMs,
      exportToTime: record.timeMs,
      exportViewType: since.view,
    },
  };
}

export function describeImport(record: ImportRecord): ImportDescription {
  const { failure, prefix } = record;
  return {
    importArn: record.arn,
    importStatus: record.status,
    tableArn: record.tableArn,
    tableId: record.tableId,
    clientToken: record.token,
    s3BucketSource: {
      s3Bucket: record.bucket,
      s3KeyPrefix: prefix === "" ? undefined : prefix,
    },
    errorCount: record.errors,
    inputFormat: "DYNAMODB_JSON",
    inputCompressionType: record.compression,
    tableCreationParameters: record.table,
    startTime: record.startMs,
    endTime: record.endMs,
    processedSizeBytes: record.processedBytes,
    processedItemCount: record.processedItems,
    importedItemCount: record.importedItems,
    failureCode: failure?.code,
    failureMessage: failure?.message,
  };
}
