import { recordText } from "@firn/tables";
import { document, integer, string } from "@firn/wire";
import { ItemList, readyAnswer } from "../answers.ts";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";

const RECORDS_MAX = 1000;

export const getRecords: DynamoDbOperation = operation({
  name: "GetRecords",
  input: {
    ShardIterator: string({ required: true, min: 1, max: 2048 }),
    Limit: integer({ min: 1, max: RECORDS_MAX }),
  },
  output: { Records: document(), NextShardIterator: string() },
  errors: [
    "ExpiredIteratorException",
    "LimitExceededException",
    "ResourceNotFoundException",
    "TrimmedDataAccessException",
  ],
  async handler(input, { tables }) {
    const { records, nextShardIterator } = await tables.streams.getRecords({
      shardIterator: input.ShardIterator,
      limit: input.Limit,
    });
    return readyAnswer({
      Records: new ItemList(records.map(recordText)),
      NextShardIterator: nextShardIterator,
    });
  },
});
