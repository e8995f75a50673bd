import type { StreamRecord } from "@firn/tables";
import { document, integer, string } from "@firn/wire";
import { answerBytes, ItemList, readyAnswer } from "../answers.ts";
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

/** A record as JSON; its images go from the store to the socket unparsed. */
export function recordText(record: StreamRecord): Uint8Array {
  const { userIdentity } = record;
  return answerBytes({
    eventID: record.eventId,
    eventName: record.eventName,
    eventVersion: "1.1",
    eventSource: "aws:dynamodb",
    awsRegion: record.awsRegion,
    dynamodb: answerBytes({
      ApproximateCreationDateTime: Math.floor(record.approximateCreationDateTime / 1000),
      Keys: record.keys,
      NewImage: record.newImage,
      OldImage: record.oldImage,
      SequenceNumber: record.sequenceNumber,
      SizeBytes: record.sizeBytes,
      StreamViewType: record.streamViewType,
    }),
    userIdentity: userIdentity && {
      PrincipalId: userIdentity.principalId,
      Type: userIdentity.type,
    },
  });
}
