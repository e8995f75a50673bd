import { document, placed, string, structure } from "@firn/wire";
import { capitalized } from "../answers.ts";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { pageLimit, shardId, streamArn } from "./stream-shapes.ts";

export const describeStream: DynamoDbOperation = operation({
  name: "DescribeStream",
  input: {
    StreamArn: streamArn,
    Limit: pageLimit,
    ExclusiveStartShardId: shardId,
    ShardFilter: structure({
      Type: string({ values: ["CHILD_SHARDS"] }),
      ShardId: placed(shardId, { required: false }),
    }),
  },
  output: { StreamDescription: document() },
  errors: ["ResourceNotFoundException"],
  async handler(input, { tables }) {
    const { Type: type, ShardId: parent } = input.ShardFilter ?? {};
    const description = await tables.streams.describeStream({
      streamArn: input.StreamArn,
      limit: input.Limit,
      exclusiveStartShardId: input.ExclusiveStartShardId,
      shardFilter: type === undefined ? undefined : { type, shardId: parent },
    });
    const { creationRequestDateTime: createdMs } = description;
    const seconds = { creationRequestDateTime: createdMs / 1000 };
    return { StreamDescription: capitalized({ ...description, ...seconds }) };
  },
});
