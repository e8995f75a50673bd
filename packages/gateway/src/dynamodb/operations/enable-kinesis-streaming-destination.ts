import { string, structure } from "@firn/wire";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { noSuchStream } from "../kinesis.ts";
import { tableName } from "../shapes.ts";
import { streamArn } from "../streams/stream-shapes.ts";

export const enableKinesisStreamingDestination: DynamoDbOperation = operation({
  name: "EnableKinesisStreamingDestination",
  input: {
    TableName: tableName,
    StreamArn: streamArn,
    EnableKinesisStreamingConfiguration: structure({
      ApproximateCreationDateTimePrecision: string({ values: ["MILLISECOND", "MICROSECOND"] }),
    }),
  },
  output: {},
  errors: ["ResourceNotFoundException"],
  async handler(input, { tables }) {
    await tables.describeTable({ tableName: input.TableName });
    throw noSuchStream(input.StreamArn);
  },
});
