import { document } from "@firn/wire";
import { capitalized } from "../answers.ts";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { tableName } from "../shapes.ts";

export const describeTimeToLive: DynamoDbOperation = operation({
  name: "DescribeTimeToLive",
  input: { TableName: tableName },
  output: { TimeToLiveDescription: document() },
  errors: ["ResourceNotFoundException"],
  async handler(input, { tables }) {
    const described = await tables.describeTimeToLive({ tableName: input.TableName });
    return { TimeToLiveDescription: capitalized(described) };
  },
});
