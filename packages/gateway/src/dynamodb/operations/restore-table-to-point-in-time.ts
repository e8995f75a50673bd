import { boolean, document, string, timestamp } from "@firn/wire";
import { overridesOf, restoreOverrides, targetTableName } from "../backup-shapes.ts";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { descriptionOf } from "../descriptions.ts";
import { indexName } from "../shapes.ts";

export const restoreTableToPointInTime: DynamoDbOperation = operation({
  name: "RestoreTableToPointInTime",
  input: {
    SourceTableArn: string({ min: 1, max: 1024 }),
    SourceTableName: indexName,
    TargetTableName: targetTableName,
    UseLatestRestorableTime: boolean(),
    RestoreDateTime: timestamp(),
    ...restoreOverrides,
  },
  output: { TableDescription: document() },
  errors: [
    "InvalidRestoreTimeException",
    "PointInTimeRecoveryUnavailableException",
    "TableAlreadyExistsException",
    "TableNotFoundException",
  ],
  async handler(input, { tables }) {
    const made = await tables.restoreTableToPointInTime({
      targetTableName: input.TargetTableName,
      sourceTableName: input.SourceTableName,
      sourceTableArn: input.SourceTableArn,
      restoreDateTime: input.RestoreDateTime,
      useLatestRestorableTime: input.UseLatestRestorableTime,
      ...overridesOf(input),
    });
    return { TableDescription: descriptionOf(made) };
  },
});
