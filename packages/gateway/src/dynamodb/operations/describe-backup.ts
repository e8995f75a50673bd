import { document } from "@firn/wire";
import { backupArn } from "../backup-shapes.ts";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { descriptionOf } from "../descriptions.ts";

export const describeBackup: DynamoDbOperation = operation({
  name: "DescribeBackup",
  input: { BackupArn: backupArn },
  output: { BackupDescription: document() },
  errors: ["BackupNotFoundException"],
  async handler(input, { tables }) {
    const described = await tables.backups.describeBackup({ backupArn: input.BackupArn });
    return { BackupDescription: descriptionOf(described) };
  },
});
