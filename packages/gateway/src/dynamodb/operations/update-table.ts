import { boolean, document, unsupported } from "@firn/wire";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { controlTableName } from "../shapes.ts";
import {
  billingMode,
  descriptionOf,
  provisionedThroughput,
  requireTableName,
  throughputOf,
} from "../table-shapes.ts";

export const updateTable: DynamoDbOperation = operation({
  name: "UpdateTable",
  input: {
    TableName: controlTableName,
    ProvisionedThroughput: provisionedThroughput,
    BillingMode: billingMode,
    DeletionProtectionEnabled: boolean(),
    AttributeDefinitions: unsupported(),
    GlobalSecondaryIndexUpdates: unsupported(),
    StreamSpecification: unsupported(),
    SSESpecification: unsupported(),
    ReplicaUpdates: unsupported(),
    TableClass: unsupported(),
    OnDemandThroughput: unsupported(),
    WarmThroughput: unsupported(),
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
      deletionProtectionEnabled: input.DeletionProtectionEnabled,
    });
    return { TableDescription: descriptionOf(updated) };
  },
});
