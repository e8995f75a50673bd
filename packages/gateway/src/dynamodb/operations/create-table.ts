import { boolean, document, placed, unsupported } from "@firn/wire";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { controlTableName } from "../shapes.ts";
import { tags, tagsOf } from "../tag-shapes.ts";
import {
  attributeDefinitions,
  billingMode,
  definitionsOf,
  descriptionOf,
  globalIndexes,
  globalIndexOf,
  keySchemaOf,
  localIndexes,
  localIndexOf,
  provisionedThroughput,
  requireTableName,
  streamOf,
  streamSpecification,
  tableKeySchema,
  throughputOf,
} from "../table-shapes.ts";

export const createTable: DynamoDbOperation = operation({
  name: "CreateTable",
  input: {
    AttributeDefinitions: attributeDefinitions,
    TableName: controlTableName,
    BillingMode: billingMode,
    ProvisionedThroughput: provisionedThroughput,
    KeySchema: tableKeySchema,
    LocalSecondaryIndexes: localIndexes,
    GlobalSecondaryIndexes: globalIndexes,
    DeletionProtectionEnabled: boolean(),
    StreamSpecification: streamSpecification,
    SSESpecification: unsupported(),
    Tags: placed(tags, { required: false }),
    TableClass: unsupported(),
    OnDemandThroughput: unsupported(),
    WarmThroughput: unsupported(),
    ResourcePolicy: unsupported(),
    GlobalTableSourceArn: unsupported(),
    GlobalTableSettingsReplicationMode: unsupported(),
  },
  output: { TableDescription: document() },
  errors: ["LimitExceededException", "ResourceInUseException"],
  async handler(input, { tables }) {
    const made = await tables.createTable({
      tableName: requireTableName(input.TableName),
      attributeDefinitions: definitionsOf(input.AttributeDefinitions),
      keySchema: keySchemaOf(input.KeySchema),
      billingMode: input.BillingMode,
      provisionedThroughput: throughputOf(input.ProvisionedThroughput),
      localSecondaryIndexes: input.LocalSecondaryIndexes?.map(localIndexOf),
      globalSecondaryIndexes: input.GlobalSecondaryIndexes?.map(globalIndexOf),
      streamSpecification: streamOf(input.StreamSpecification),
      deletionProtectionEnabled: input.DeletionProtectionEnabled,
      tags: input.Tags && tagsOf(input.Tags),
    });
    return { TableDescription: descriptionOf(made) };
  },
});
