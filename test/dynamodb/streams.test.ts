import { CreateTableCommand, DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  ExpiredIteratorException,
  GetRecordsCommand,
  GetShardIteratorCommand,
  ListStreamsCommand,
} from "@aws-sdk/client-dynamodb-streams";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TestServer } from "../support/dynamodb-server.ts";
import { openTestServer } from "../support/dynamodb-server.ts";

const TableName = "streamed";

let server: TestServer;
let client: DynamoDBClient;
let streams: DynamoDBStreamsClient;
let StreamArn: string;

beforeAll(async () => {
  server = await openTestServer();
  client = new DynamoDBClient(server.clientOptions);
  streams = new DynamoDBStreamsClient(server.clientOptions);
  const { TableDescription } = await client.send(
    new CreateTableCommand({
      TableName,
      AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
      BillingMode: "PAY_PER_REQUEST",
      StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" },
    }),
  );
  expect(TableDescription?.StreamSpecification).toEqual({
    StreamEnabled: true,
    StreamViewType: "NEW_AND_OLD_IMAGES",
  });
  StreamArn = TableDescription?.LatestStreamArn ?? "";
});

afterAll(async () => {
  client?.destroy();
  streams?.destroy();
  await server?.close();
});

test("a stream is listed, described and read, and its iterators expire", async () => {
  const { Streams } = await streams.send(new ListStreamsCommand({ TableName }));
  const StreamLabel = StreamArn.slice(StreamArn.lastIndexOf("/") + 1);
  expect(Streams).toEqual([{ StreamArn, TableName, StreamLabel }]);
  const { StreamDescription: stream } = await streams.send(
    new DescribeStreamCommand({ StreamArn }),
  );
  expect(stream).toMatchObject({ StreamLabel, StreamStatus: "ENABLED", TableName });
  expect(stream?.CreationRequestDateTime).toBeInstanceOf(Date);
  expect(stream?.KeySchema).toEqual([{ AttributeName: "id", KeyType: "HASH" }]);
  const Item = { id: { S: "a" }, bytes: { B: Uint8Array.of(1, 2) }, n: { N: "1.5" } };
  await client.send(new PutItemCommand({ TableName, Item }));
  const found = [];
  let ShardIterator: string | undefined;
  for (const { ShardId } of stream?.Shards ?? []) {
    const of = { StreamArn, ShardId, ShardIteratorType: "TRIM_HORIZON" as const };
    ({ ShardIterator } = await streams.send(new GetShardIteratorCommand(of)));
    const { Records, NextShardIterator } = await streams.send(
      new GetRecordsCommand({ ShardIterator, Limit: 10 }),
    );
    expect(NextShardIterator).toBeTypeOf("string");
    found.push(...(Records ?? []));
  }
  expect(found).toMatchObject([
    {
      eventName: "INSERT",
      eventVersion: "1.1",
      eventSource: "aws:dynamodb",
      awsRegion: "us-east-1",
      dynamodb: { Keys: { id: { S: "a" } }, NewImage: Item, StreamViewType: "NEW_AND_OLD_IMAGES" },
    },
  ]);
  expect(found[0]?.dynamodb?.ApproximateCreationDateTime).toBeInstanceOf(Date);
  await server.firn.store.advanceClock(15 * 60 * 1000);
  await expect(streams.send(new GetRecordsCommand({ ShardIterator }))).rejects.toBeInstanceOf(
    ExpiredIteratorException,
  );
});

test("what is not there, or not well formed, gets the service's own error", async () => {
  const missing = StreamArn.replace(TableName, "another");
  await expect(
    streams.send(new DescribeStreamCommand({ StreamArn: missing })),
  ).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  const ShardId = `shardId-${"0".repeat(20)}-00000000`;
  const of = { StreamArn, ShardId, ShardIteratorType: "LATEST" as const };
  await expect(streams.send(new GetShardIteratorCommand(of))).rejects.toMatchObject({
    name: "ResourceNotFoundException",
  });
  await expect(
    streams.send(new GetShardIteratorCommand({ ...of, ShardIteratorType: "OLDEST" as never })),
  ).rejects.toThrow("failed to satisfy constraint: Member must satisfy enum value set");
  await expect(
    streams.send(new GetRecordsCommand({ ShardIterator: "nonsense" })),
  ).rejects.toMatchObject({ name: "ValidationException" });
  await expect(
    streams.send(new GetRecordsCommand({ ShardIterator: "nonsense", Limit: 1001 })),
  ).rejects.toThrow("Member must have value less than or equal to 1000");
});
