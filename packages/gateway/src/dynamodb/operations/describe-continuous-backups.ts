import { document } from "@firn/wire";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { descriptionOf } from "../descriptions.ts";
import { tableName } from "../shapes.ts";

export const describeContinuousBackups: DynamoDbOperation = operation({
  name: "DescribeContinuousBackups",
  input: { TableName: tableName },
  output: { ContinuousBackupsDescription: document() },
  errors: ["TableNotFoundException"],
  async handler(input, { tables }) {
    const described = await tables.describeContinuousBackups({ tableName: input.TableName });
    return { ContinuousBackupsDescription: descriptionOf(described) };
  },
});
