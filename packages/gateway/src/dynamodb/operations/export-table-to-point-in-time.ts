import { document, string, structure, timestamp, unsupported } from "@firn/wire";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { descriptionOf } from "../descriptions.ts";
import { clientToken, s3Bucket, s3BucketOwner, s3Prefix } from "../transfer-shapes.ts";
import { requireFormat, requireOwnBucket } from "../transfers.ts";

export const exportTableToPointInTime: DynamoDbOperation = operation({
  name: "ExportTableToPointInTime",
  input: {
    TableArn: string({ required: true, min: 1, max: 1024 }),
    ExportTime: timestamp(),
    ClientToken: clientToken,
    S3Bucket: s3Bucket,
    S3BucketOwner: s3BucketOwner,
    S3Prefix: s3Prefix,
    S3SseAlgorithm: string({ values: ["AES256", "KMS"] }),
    S3SseKmsKeyId: unsupported(),
    ExportFormat: string({ values: ["DYNAMODB_JSON", "ION"] }),
    ExportType: string({ values: ["FULL_EXPORT", "INCREMENTAL_EXPORT"] }),
    IncrementalExportSpecification: structure({
      ExportFromTime: timestamp(),
      ExportToTime: timestamp(),
      ExportViewType: string({ values: ["NEW_IMAGE", "NEW_AND_OLD_IMAGES"] }),
    }),
  },
  output: { ExportDescription: document() },
  errors: [
    "ExportConflictException",
    "InvalidExportTimeException",
    "PointInTimeRecoveryUnavailableException",
    "TableNotFoundException",
  ],
  async handler(input, { tables, caller }) {
    requireFormat("ExportFormat", input.ExportFormat);
    requireFormat("S3SseAlgorithm", input.S3SseAlgorithm);
    requireOwnBucket(input.S3BucketOwner, caller.accountId);
    const given = input.IncrementalExportSpecification ?? {};
    const made = await tables.transfers.exportTable({
      tableArn: input.TableArn,
      s3Bucket: input.S3Bucket,
      s3Prefix: input.S3Prefix,
      exportTime: input.ExportTime,
      clientToken: input.ClientToken,
      incrementalExportSpecification:
        input.ExportType === "INCREMENTAL_EXPORT"
          ? {
              exportFromTime: given.ExportFromTime,
              exportToTime: given.ExportToTime,
              exportViewType: given.ExportViewType,
            }
          : undefined,
    });
    return { ExportDescription: descriptionOf(made) };
  },
});
