import { document } from "@firn/wire";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { descriptionOf } from "../descriptions.ts";
import { controlTableName } from "../shapes.ts";
import { requireTableName } from "../table-shapes.ts";

export const describeTable: DynamoDbOperation = operation({
  name: "DescribeTable",
  input: { TableName: controlTableName },
  output: { Table: document() },
  errors: ["ResourceNotFoundException"],
  async handler(input, { tables }) {
    const tableName = requireTableName(input.TableName);
    return { Table: descriptionOf(await tables.describeTable({ tableName })) };
  },
});
