import { boolean, document, placed, string, unsupported } from "@firn/wire";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { descriptionOf } from "../descriptions.ts";
import { controlTableName } from "../shapes.ts";
import {
  attributeDefinitions,
  billingMode,
  definitionsOf,
  indexUpdateOf,
  indexUpdates,
  provisionedThroughput,
  requireTableName,
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

export const updateTable: DynamoDbOperation = operation({
  name: "UpdateTable",
  input: {
    TableName: controlTableName,
    ProvisionedThroughput: provisionedThroughput,
    BillingMode: billingMode,
    DeletionProtectionEnabled: boolean(),
    AttributeDefinitions: placed(attributeDefinitions, { required: false }),
    GlobalSecondaryIndexUpdates: indexUpdates,
    StreamSpecification: streamSpecification,
    SSESpecification: unsupported(),
    ReplicaUpdates: unsupported(),
    TableClass: string(),
    OnDemandThroughput: onDemandThroughput,
    WarmThroughput: warmThroughput,
    MultiRegionConsistency: unsupported(),
    GlobalTableWitnessUpdates: unsupported(),
    GlobalTableSettingsReplicationMode: unsupported(),
  },
  output: { TableDescription: document() },
  errors: ["LimitExceededException", "ResourceInUseException", "ResourceNotFoundException"],
  async handler(input, { tables }) {
    const updated = await tables.updateTable({
      tableName: requireTableName(input.TableName),
      billingMode: input.BillingMode,
      provisionedThroughput: throughputOf(input.ProvisionedThroughput),
      attributeDefinitions: input.AttributeDefinitions && definitionsOf(input.AttributeDefinitions),
      globalSecondaryIndexUpdates: input.GlobalSecondaryIndexUpdates?.map(indexUpdateOf),
      tableClass: input.TableClass,
      onDemandThroughput: onDemandOf(input.OnDemandThroughput),
      warmThroughput: warmOf(input.WarmThroughput),
      streamSpecification: streamOf(input.StreamSpecification),
      deletionProtectionEnabled: input.DeletionProtectionEnabled,
    });
    return { TableDescription: descriptionOf(updated) };
  },
});
