import { integer, list, string } from "@firn/wire";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { indexName } from "../shapes.ts";

export const listTables: DynamoDbOperation = operation({
  name: "ListTables",
  input: {
    Limit: integer({ min: 1, max: 100 }),
    ExclusiveStartTableName: indexName,
  },
  output: { TableNames: list(string()), LastEvaluatedTableName: string() },
  errors: [],
  async handler(input, { tables }) {
    const names = await tables.listTables({
      limit: input.Limit,
      exclusiveStartTableName: input.ExclusiveStartTableName,
    });
    return {
      TableNames: names.tableNames,
      LastEvaluatedTableName: names.lastEvaluatedTableName,
    };
  },
});
