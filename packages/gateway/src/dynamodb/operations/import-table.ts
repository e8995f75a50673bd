import { document, string, structure, unsupported } from "@firn/wire";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { descriptionOf } from "../descriptions.ts";
import { onDemandOf, onDemandThroughput } from "../setting-shapes.ts";
import {
  attributeDefinitions,
  billingMode,
  definitionsOf,
  globalIndexes,
  globalIndexOf,
  keySchemaOf,
  provisionedThroughput,
  tableKeySchema,
  throughputOf,
} from "../table-shapes.ts";
import { clientToken, s3Bucket, s3BucketOwner, s3Prefix } from "../transfer-shapes.ts";
import { requireFormat, requireOwnBucket } from "../transfers.ts";

export const importTable: DynamoDbOperation = operation({
  name: "ImportTable",
  input: {
    ClientToken: clientToken,
    S3BucketSource: structure(
      { S3BucketOwner: s3BucketOwner, S3Bucket: s3Bucket, S3KeyPrefix: s3Prefix },
      { required: true },
    ),
    InputFormat: string({ required: true, values: ["DYNAMODB_JSON", "ION", "CSV"] }),
    InputFormatOptions: unsupported(),
    InputCompressionType: string({ values: ["GZIP", "ZSTD", "NONE"] }),
    TableCreationParameters: structure(
      {
        TableName: string({ required: true, min: 3, max: 255, pattern: "[a-zA-Z0-9_.-]+" }),
        AttributeDefinitions: attributeDefinitions,
        KeySchema: tableKeySchema,
        BillingMode: billingMode,
        ProvisionedThroughput: provisionedThroughput,
        OnDemandThroughput: onDemandThroughput,
        SSESpecification: unsupported(),
        GlobalSecondaryIndexes: globalIndexes,
      },
      { required: true },
    ),
  },
  output: { ImportTableDescription: document() },
  errors: ["ResourceInUseException"],
  async handler(input, { tables, caller }) {
    const { S3BucketSource: from, InputCompressionType: compression } = input;
    const { TableCreationParameters: table } = input;
    requireFormat("InputFormat", input.InputFormat);
    requireFormat("InputCompressionType", compression === "ZSTD" ? compression : undefined);
    requireOwnBucket(from.S3BucketOwner, caller.accountId);
    const made = await tables.transfers.importTable({
      s3Bucket: from.S3Bucket,
      s3KeyPrefix: from.S3KeyPrefix,
      inputCompressionType: compression === "GZIP" ? "GZIP" : "NONE",
      clientToken: input.ClientToken,
      tableCreationParameters: {
        tableName: table.TableName,
        attributeDefinitions: definitionsOf(table.AttributeDefinitions),
        keySchema: keySchemaOf(table.KeySchema),
        billingMode: table.BillingMode,
        provisionedThroughput: throughputOf(table.ProvisionedThroughput),
        onDemandThroughput: onDemandOf(table.OnDemandThroughput),
        globalSecondaryIndexes: table.GlobalSecondaryIndexes?.map(globalIndexOf),
      },
    });
    return { ImportTableDescription: descriptionOf(made) };
  },
});
