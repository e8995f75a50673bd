import { document, string } from "@firn/wire";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { descriptionOf } from "../descriptions.ts";
import { tableName } from "../shapes.ts";

export const createBackup: DynamoDbOperation = operation({
  name: "CreateBackup",
  input: {
    TableName: tableName,
    BackupName: string({ required: true, min: 3, max: 255, pattern: "[a-zA-Z0-9_.-]+" }),
  },
  output: { BackupDetails: document() },
  errors: ["TableNotFoundException"],
  async handler(input, { tables }) {
    const made = await tables.backups.createBackup({
      tableName: input.TableName,
      backupName: input.BackupName,
    });
    return { BackupDetails: descriptionOf(made) };
  },
});
