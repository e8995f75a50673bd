import { string, structure } from "@firn/wire";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { notStreaming } from "../kinesis.ts";
import { tableName } from "../shapes.ts";
import { streamArn } from "../streams/stream-shapes.ts";

export const updateKinesisStreamingDestination: DynamoDbOperation = operation({
  name: "UpdateKinesisStreamingDestination",
  input: {
    TableName: tableName,
    StreamArn: streamArn,
    UpdateKinesisStreamingConfiguration: structure({
      ApproximateCreationDateTimePrecision: string({ values: ["MILLISECOND", "MICROSECOND"] }),
    }),
  },
  output: {},
  errors: ["ResourceNotFoundException"],
  async handler(input, { tables }) {
    await tables.describeTable({ tableName: input.TableName });
    throw notStreaming(input.TableName, input.StreamArn);
  },
});
