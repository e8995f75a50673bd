import { document, string } from "@firn/wire";
import { capitalized } from "../answers.ts";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { controlTableName } from "../shapes.ts";
import { pageLimit } from "./stream-shapes.ts";

/** The service answers no more than this, whatever it is asked for. */
const STREAMS_MAX = 100;

export const listStreams: DynamoDbOperation = operation({
  name: "ListStreams",
  input: {
    TableName: controlTableName,
    Limit: pageLimit,
    ExclusiveStartStreamArn: string({ min: 37, max: 1024 }),
  },
  output: { Streams: document(), LastEvaluatedStreamArn: string() },
  errors: ["ResourceNotFoundException"],
  async handler(input, { tables }) {
    const { streams, lastEvaluatedStreamArn } = await tables.streams.listStreams({
      tableName: input.TableName,
      limit: Math.min(input.Limit ?? STREAMS_MAX, STREAMS_MAX),
      exclusiveStartStreamArn: input.ExclusiveStartStreamArn,
    });
    return {
      Streams: streams.map(capitalized),
      LastEvaluatedStreamArn: lastEvaluatedStreamArn,
    };
  },
});
