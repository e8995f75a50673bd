import {
  CreateTableCommand,
  DeleteResourcePolicyCommand,
  DescribeKinesisStreamingDestinationCommand,
  DescribeTableCommand,
  DisableKinesisStreamingDestinationCommand,
  DynamoDBClient,
  EnableKinesisStreamingDestinationCommand,
  GetResourcePolicyCommand,
  PutItemCommand,
  PutResourcePolicyCommand,
  ThrottlingException,
  UpdateKinesisStreamingDestinationCommand,
  UpdateTableCommand,
} from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TestServer } from "../support/dynamodb-server.ts";
import { openTestServer } from "../support/dynamodb-server.ts";

const TableName = "settings";

let server: TestServer;
let client: DynamoDBClient;
let ResourceArn: string;

beforeAll(async () => {
  server = await openTestServer({ throttle: true });
  client = new DynamoDBClient(server.clientOptions);
  const { TableDescription } = await client.send(
    new CreateTableCommand({
      TableName,
      AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
      BillingMode: "PAY_PER_REQUEST",
      TableClass: "STANDARD_INFREQUENT_ACCESS",
      OnDemandThroughput: { MaxWriteRequestUnits: 2 },
      WarmThroughput: { ReadUnitsPerSecond: 15_000 },
      StreamSpecification: { StreamEnabled: true, StreamViewType: "KEYS_ONLY" },
    }),
  );
  ResourceArn = TableDescription?.TableArn ?? "";
});

afterAll(async () => {
  client?.destroy();
  await server?.close();
});

test("class, maximums and warm throughput are described as they were set", async () => {
  await client.send(
    new UpdateTableCommand({ TableName, OnDemandThroughput: { MaxReadRequestUnits: 9 } }),
  );
  const { Table } = await client.send(new DescribeTableCommand({ TableName }));
  expect(Table).toMatchObject({
    TableClassSummary: { TableClass: "STANDARD_INFREQUENT_ACCESS" },
    OnDemandThroughput: { MaxReadRequestUnits: 9, MaxWriteRequestUnits: 2 },
    WarmThroughput: { ReadUnitsPerSecond: 15_000, WriteUnitsPerSecond: 4000, Status: "ACTIVE" },
  });
});

test("an on-demand table beyond its maximum answers with a ThrottlingException and its reason", async () => {
  const put = new PutItemCommand({ TableName, Item: { id: { S: "a" } } });
  await client.send(put);
  await client.send(put);
  const refused = await client.send(put).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(ThrottlingException);
  expect(refused).toMatchObject({
    throttlingReasons: [
      { reason: "TableWriteMaxOnDemandThroughputExceeded", resource: ResourceArn },
    ],
  });
  await server.firn.store.advanceClock(1000);
  await client.send(put);
});

const policyFor = (Resource: string): string =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { AWS: "arn:aws:iam::111111111111:user/reader" },
        Action: "dynamodb:GetItem",
        Resource,
      },
    ],
  });

test("tables and streams have policies, with revisions", async () => {
  const { Table } = await client.send(new DescribeTableCommand({ TableName }));
  for (const arn of [ResourceArn, Table?.LatestStreamArn ?? ""]) {
    const of = { ResourceArn: arn };
    await expect(client.send(new GetResourcePolicyCommand(of))).rejects.toMatchObject({
      name: "PolicyNotFoundException",
    });
    const Policy = policyFor(arn);
    const put = new PutResourcePolicyCommand({ ...of, Policy, ExpectedRevisionId: "NO_POLICY" });
    const { RevisionId } = await client.send(put);
    await expect(client.send(put)).rejects.toMatchObject({ name: "PolicyNotFoundException" });
    const again = await client.send(new PutResourcePolicyCommand({ ...of, Policy }));
    expect(again.RevisionId).toBe(RevisionId);
    const got = await client.send(new GetResourcePolicyCommand(of));
    expect(got).toMatchObject({ Policy, RevisionId });
    const removal = { ...of, ExpectedRevisionId: RevisionId };
    await client.send(new DeleteResourcePolicyCommand(removal));
    await client.send(new DeleteResourcePolicyCommand(of));
    await expect(client.send(new DeleteResourcePolicyCommand(removal))).rejects.toMatchObject({
      name: "PolicyNotFoundException",
    });
  }
});

const ARNS: [string, string][] = [
  ["nonsense", "ARNs must start with 'arn:': nonsense"],
  ["arn:aws:s3:::bucket", "Provided Arn is not a DynamoDB resource arn"],
  ["arn:aws:dynamodb:eu-west-1:000000000000:table/settings", "Invalid resource Arn"],
  ["arn:aws:dynamodb:us-east-1:111111111111:table/settings", "only supported by accounts"],
  ["arn:aws:dynamodb:us-east-1:000000000000:table/settings/index/x", "only table or stream is"],
  ["arn:aws:dynamodb:us-east-1:000000000000:table/missing", "Requested resource not found"],
];

test("bad ARNs and policies get the service's own error", async () => {
  for (const [arn, text] of ARNS) {
    await expect(
      client.send(new GetResourcePolicyCommand({ ResourceArn: arn })),
      arn,
    ).rejects.toThrow(text);
  }
  for (const Policy of ["", "[]", "{}", `{"Statement":${"[".repeat(500)}`, "x".repeat(20_481)]) {
    await expect(
      client.send(new PutResourcePolicyCommand({ ResourceArn, Policy })),
      Policy.slice(0, 20),
    ).rejects.toMatchObject({ name: "ValidationException" });
  }
});

test("there is no Kinesis stream to send to, and the calls say so", async () => {
  const StreamArn = "arn:aws:kinesis:us-east-1:000000000000:stream/none";
  const to = { TableName, StreamArn };
  await expect(client.send(new EnableKinesisStreamingDestinationCommand(to))).rejects.toMatchObject(
    { name: "ResourceNotFoundException" },
  );
  await expect(client.send(new DisableKinesisStreamingDestinationCommand(to))).rejects.toThrow(
    "KinesisStreamingDestination must be ACTIVE to perform DISABLE operation.",
  );
  await expect(client.send(new UpdateKinesisStreamingDestinationCommand(to))).rejects.toThrow(
    "Kinesis streaming is not in ACTIVE state.",
  );
  const described = await client.send(
    new DescribeKinesisStreamingDestinationCommand({ TableName }),
  );
  expect(described.KinesisDataStreamDestinations).toEqual([]);
});
