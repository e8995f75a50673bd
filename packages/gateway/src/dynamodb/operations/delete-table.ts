import { document } from "@firn/wire";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { descriptionOf } from "../descriptions.ts";
import { controlTableName } from "../shapes.ts";
import { requireTableName } from "../table-shapes.ts";

export const deleteTable: DynamoDbOperation = operation({
  name: "DeleteTable",
  input: { TableName: controlTableName },
  output: { TableDescription: document() },
  errors: ["LimitExceededException", "ResourceInUseException", "ResourceNotFoundException"],
  async handler(input, { tables }) {
    const tableName = requireTableName(input.TableName);
    return { TableDescription: descriptionOf(await tables.deleteTable({ tableName })) };
  },
});
