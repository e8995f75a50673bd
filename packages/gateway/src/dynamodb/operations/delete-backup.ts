import { document } from "@firn/wire";
import { backupArn } from "../backup-shapes.ts";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { descriptionOf } from "../descriptions.ts";

export const deleteBackup: DynamoDbOperation = operation({
  name: "DeleteBackup",
  input: { BackupArn: backupArn },
  output: { BackupDescription: document() },
  errors: ["BackupNotFoundException", "BackupInUseException"],
  async handler(input, { tables }) {
    const described = await tables.backups.deleteBackup({ backupArn: input.BackupArn });
    return { BackupDescription: descriptionOf(described) };
  },
});
