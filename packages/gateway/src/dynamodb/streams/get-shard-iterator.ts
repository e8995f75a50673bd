import { placed, string } from "@firn/wire";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { shardId, streamArn } from "./stream-shapes.ts";

export const getShardIterator: DynamoDbOperation = operation({
  name: "GetShardIterator",
  input: {
    StreamArn: streamArn,
    ShardId: placed(shardId, { required: true }),
    ShardIteratorType: string({
      required: true,
      values: ["TRIM_HORIZON", "LATEST", "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"],
    }),
    SequenceNumber: string({ min: 21, max: 40 }),
  },
  output: { ShardIterator: string() },
  errors: ["ResourceNotFoundException", "TrimmedDataAccessException"],
  async handler(input, { tables }) {
    const { shardIterator } = await tables.streams.getShardIterator({
      streamArn: input.StreamArn,
      shardId: input.ShardId,
      shardIteratorType: input.ShardIteratorType,
      sequenceNumber: input.SequenceNumber,
    });
    return { ShardIterator: shardIterator };
  },
});
