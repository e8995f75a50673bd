import { document } from "@firn/wire";
import { backupArn, overridesOf, restoreOverrides, targetTableName } from "../backup-shapes.ts";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { descriptionOf } from "../descriptions.ts";

export const restoreTableFromBackup: DynamoDbOperation = operation({
  name: "RestoreTableFromBackup",
  input: { TargetTableName: targetTableName, BackupArn: backupArn, ...restoreOverrides },
  output: { TableDescription: document() },
  errors: ["BackupInUseException", "BackupNotFoundException", "TableAlreadyExistsException"],
  async handler(input, { tables }) {
    const made = await tables.restoreTableFromBackup({
      targetTableName: input.TargetTableName,
      backupArn: input.BackupArn,
      ...overridesOf(input),
    });
    return { TableDescription: descriptionOf(made) };
  },
});
