import { boolean, document, integer, structure } from "@firn/wire";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { descriptionOf } from "../descriptions.ts";
import { tableName } from "../shapes.ts";

export const updateContinuousBackups: DynamoDbOperation = operation({
  name: "UpdateContinuousBackups",
  input: {
    TableName: tableName,
    PointInTimeRecoverySpecification: structure(
      {
        PointInTimeRecoveryEnabled: boolean({ required: true }),
        RecoveryPeriodInDays: integer({ min: 1, max: 35 }),
      },
      { required: true },
    ),
  },
  output: { ContinuousBackupsDescription: document() },
  errors: ["TableNotFoundException"],
  async handler(input, { tables }) {
    const { PointInTimeRecoveryEnabled: enabled, RecoveryPeriodInDays: days } =
      input.PointInTimeRecoverySpecification;
    const described = await tables.updateContinuousBackups({
      tableName: input.TableName,
      pointInTimeRecoverySpecification: {
        pointInTimeRecoveryEnabled: enabled,
        recoveryPeriodInDays: days,
      },
    });
    return { ContinuousBackupsDescription: descriptionOf(described) };
  },
});
