import { boolean, document, placed, string, unsupported } from "@firn/wire";
import { checkPolicy } from "../check-policy.ts";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { descriptionOf } from "../descriptions.ts";
import { controlTableName } from "../shapes.ts";
import { tags, tagsOf } from "../tag-shapes.ts";
import {
  attributeDefinitions,
  billingMode,
  definitionsOf,
  globalIndexes,
  globalIndexOf,
  keySchemaOf,
  localIndexes,
  localIndexOf,
  provisionedThroughput,
  requireTableName,
  tableKeySchema,
  throughputOf,
} from "../table-shapes.ts";
import {
  onDemandOf,
  onDemandThroughput,
  streamOf,
  streamSpecification,
  warmOf,
  warmThroughput,
} from "../setting-shapes.ts";

function policyText(text: string | undefined): string | undefined {
  if (text !== undefined) checkPolicy(text);
  return text;
}

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
    TableClass: string(),
    OnDemandThroughput: onDemandThroughput,
    WarmThroughput: warmThroughput,
    ResourcePolicy: string(),
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
      resourcePolicy: policyText(input.ResourcePolicy),
      tableClass: input.TableClass,
      onDemandThroughput: onDemandOf(input.OnDemandThroughput),
      warmThroughput: warmOf(input.WarmThroughput),
      streamSpecification: streamOf(input.StreamSpecification),
      deletionProtectionEnabled: input.DeletionProtectionEnabled,
      tags: input.Tags && tagsOf(input.Tags),
    });
    return { TableDescription: descriptionOf(made) };
  },
});
