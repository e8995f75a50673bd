import {
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  BatchGetItemCommand,
  ExecuteStatementCommand,
  ListTablesCommand,
  PutItemCommand,
  PutResourcePolicyCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import { DynamoDBStreamsClient, ListStreamsCommand } from "@aws-sdk/client-dynamodb-streams";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TestServer } from "../support/dynamodb-server.ts";
import { openTestServer } from "../support/dynamodb-server.ts";

const accountId = "000000000000";
const userName = "ada";
const TableName = "notes";
const ResourceArn = `arn:aws:dynamodb:us-east-1:${accountId}:table/${TableName}`;
const PRINCIPAL = { AWS: `arn:aws:iam::${accountId}:user/${userName}` };

let server: TestServer;
let root: DynamoDBClient;
let user: DynamoDBClient;
let streams: DynamoDBStreamsClient;

beforeAll(async () => {
  server = await openTestServer();
  const { identity } = server.firn;
  root = new DynamoDBClient(server.clientOptions);
  for (const name of [TableName, "others"]) {
    await root.send(
      new CreateTableCommand({
        TableName: name,
        AttributeDefinitions: [{ AttributeName: "owner", AttributeType: "S" }],
        KeySchema: [{ AttributeName: "owner", KeyType: "HASH" }],
        BillingMode: "PAY_PER_REQUEST",
      }),
    );
  }
  await identity.createUser({ accountId, userName });
  const credentials = await identity.createAccessKey({ accountId, userName });
  user = new DynamoDBClient({ ...server.clientOptions, credentials });
  streams = new DynamoDBStreamsClient({ ...server.clientOptions, credentials });
});

afterAll(async () => {
  root?.destroy();
  user?.destroy();
  streams?.destroy();
  await server?.close();
});

const denied = { name: "AccessDeniedException" };

async function allow(...statements: readonly object[]): Promise<void> {
  await server.firn.identity.policies.putUserPolicy({
    accountId,
    userName,
    policyName: "tables",
    policyDocument: JSON.stringify({ Version: "2012-10-17", Statement: statements }),
  });
}

const put = (owner: string, name = TableName): Promise<unknown> =>
  user.send(new PutItemCommand({ TableName: name, Item: { owner: { S: owner } } }));
const get = (owner: string): Promise<unknown> =>
  user.send(new GetItemCommand({ TableName, Key: { owner: { S: owner } } }));

test("a user may do what its policies allow, to the tables that they name", async () => {
  await expect(put("ada")).rejects.toMatchObject(denied);
  await expect(user.send(new ListTablesCommand({}))).rejects.toMatchObject(denied);
  await expect(streams.send(new ListStreamsCommand({}))).rejects.toMatchObject(denied);
  await allow({
    Effect: "Allow",
    Action: ["dynamodb:PutItem", "dynamodb:BatchGetItem", "dynamodb:PartiQLSelect"],
    Resource: ResourceArn,
  });
  await put("ada");
  await expect(put("ada", "others")).rejects.toThrow(
    `User: ${PRINCIPAL.AWS} is not authorized to perform: dynamodb:PutItem on resource: ` +
      `${ResourceArn.replace(TableName, "others")} because no identity-based policy allows the`,
  );
  await expect(get("ada")).rejects.toMatchObject(denied);
  const both = { [TableName]: { Keys: [{ owner: { S: "ada" } }] } };
  await user.send(new BatchGetItemCommand({ RequestItems: both }));
  const more = { ...both, others: { Keys: [{ owner: { S: "ada" } }] } };
  await expect(user.send(new BatchGetItemCommand({ RequestItems: more }))).rejects.toMatchObject(
    denied,
  );
  const select = `SELECT * FROM "${TableName}"`;
  await user.send(new ExecuteStatementCommand({ Statement: select }));
  await expect(
    user.send(
      new ExecuteStatementCommand({ Statement: `DELETE FROM "${TableName}" WHERE owner='a'` }),
    ),
  ).rejects.toMatchObject(denied);
  // A transaction is as many actions as it has parts.
  const Item = { owner: { S: "ada" } };
  const write = { Put: { TableName, Item } };
  await user.send(new TransactWriteItemsCommand({ TransactItems: [write] }));
  const check = {
    ConditionCheck: {
      TableName,
      Key: { owner: { S: "bo" } },
      ConditionExpression: "attribute_not_exists(#o)",
      ExpressionAttributeNames: { "#o": "owner" },
    },
  };
  await expect(
    user.send(new TransactWriteItemsCommand({ TransactItems: [write, check] })),
  ).rejects.toMatchObject(denied);
});

test("leading keys keep users to their own items", async () => {
  await allow({
    Effect: "Allow",
    Action: "dynamodb:*",
    Resource: ResourceArn,
    Condition: { "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": ["${aws:username}"] } },
  });
  await put("ada");
  await get("ada");
  await expect(put("bo")).rejects.toMatchObject(denied);
  await expect(get("bo")).rejects.toMatchObject(denied);
  await expect(user.send(new ScanCommand({ TableName }))).rejects.toMatchObject(denied);
});

test("a table's own policy lets a user in, and keeps everybody out", async () => {
  await allow({ Effect: "Allow", Action: "dynamodb:ListTables", Resource: "*" });
  await user.send(new ListTablesCommand({}));
  await expect(get("ada")).rejects.toMatchObject(denied);
  const setPolicy = (statement: object): Promise<unknown> =>
    root.send(
      new PutResourcePolicyCommand({
        ResourceArn,
        Policy: JSON.stringify({ Version: "2012-10-17", Statement: [statement] }),
      }),
    );
  const read = { Action: "dynamodb:GetItem", Resource: ResourceArn };
  await setPolicy({ Effect: "Allow", Principal: PRINCIPAL, ...read });
  await get("ada");
  await setPolicy({ Effect: "Deny", Principal: "*", ...read });
  await expect(get("ada")).rejects.toThrow("with an explicit deny in a resource-based policy");
  await expect(
    root.send(new GetItemCommand({ TableName, Key: { owner: { S: "ada" } } })),
  ).rejects.toMatchObject(denied);
  const query = {
    TableName,
    KeyConditionExpression: "#o = :o",
    ExpressionAttributeNames: { "#o": "owner" },
    ExpressionAttributeValues: { ":o": { S: "ada" } },
  };
  expect((await root.send(new QueryCommand(query))).Count).toBe(1);
});
