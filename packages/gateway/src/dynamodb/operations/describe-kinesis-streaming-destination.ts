import { document, string } from "@firn/wire";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { tableName } from "../shapes.ts";

/** There is no Kinesis here, so no table has a destination there. */
export const describeKinesisStreamingDestination: DynamoDbOperation = operation({
  name: "DescribeKinesisStreamingDestination",
  input: { TableName: tableName },
  output: { TableName: string(), KinesisDataStreamDestinations: document() },
  errors: ["ResourceNotFoundException"],
  async handler(input, { tables }) {
    await tables.describeTable({ tableName: input.TableName });
    return { TableName: input.TableName, KinesisDataStreamDestinations: [] };
  },
});
