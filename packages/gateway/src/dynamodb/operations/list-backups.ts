import { document, integer, string, timestamp } from "@firn/wire";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { descriptionOf } from "../descriptions.ts";
import { indexName } from "../shapes.ts";

export const listBackups: DynamoDbOperation = operation({
  name: "ListBackups",
  input: {
    TableName: indexName,
    Limit: integer({ min: 1, max: 100 }),
    TimeRangeLowerBound: timestamp(),
    TimeRangeUpperBound: timestamp(),
    ExclusiveStartBackupArn: string({ min: 37, max: 1024 }),
    BackupType: string({ values: ["USER", "SYSTEM", "AWS_BACKUP", "ALL"] }),
  },
  output: { BackupSummaries: document(), LastEvaluatedBackupArn: string() },
  errors: [],
  async handler(input, { tables }) {
    const { backupSummaries, lastEvaluatedBackupArn } = await tables.backups.listBackups({
      tableName: input.TableName,
      limit: input.Limit,
      timeRangeLowerBound: input.TimeRangeLowerBound,
      timeRangeUpperBound: input.TimeRangeUpperBound,
      exclusiveStartBackupArn: input.ExclusiveStartBackupArn,
      backupType: input.BackupType,
    });
    return {
      BackupSummaries: backupSummaries.map(descriptionOf),
      LastEvaluatedBackupArn: lastEvaluatedBackupArn,
    };
  },
});
