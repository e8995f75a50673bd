import { once } from "node:events";
import { rm } from "node:fs/promises";
import { request } from "node:http";
import type { IncomingMessage } from "node:http";
import { crc32, gzipSync } from "node:zlib";
import {
  BatchExecuteStatementCommand,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  CreateTableCommand,
  DeleteItemCommand,
  DeleteTableCommand,
  DescribeEndpointsCommand,
  DescribeLimitsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DuplicateItemException,
  DynamoDBClient,
  ExecuteStatementCommand,
  ExecuteTransactionCommand,
  GetItemCommand,
  ListTablesCommand,
  ListTagsOfResourceCommand,
  ProvisionedThroughputExceededException,
  PutItemCommand,
  QueryCommand,
  ResourceInUseException,
  ScanCommand,
  TagResourceCommand,
  TransactGetItemsCommand,
  TransactWriteItemsCommand,
  TransactionCanceledException,
  UntagResourceCommand,
  UpdateItemCommand,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import type { TransactGetItem, TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocument } from "@aws-sdk/lib-dynamodb";
import { ManualClock, makeTemporaryDirectory, openStore } from "@firn/core";
import type { Store } from "@firn/core";
import { Tables } from "@firn/tables";
import { gatewaySetup, testRoot } from "@firn/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Gateway } from "../frame/gateway.ts";
import { createDynamoDbService } from "./service.ts";

const credentials = { accessKeyId: "AKIDTABLES", secretAccessKey: "tables/secret" };
const root = testRoot(credentials.accessKeyId);
const TableName = "music";

let directory: string;
let store: Store;
let gateway: Gateway;
let port: number;
let client: DynamoDBClient;
let documents: DynamoDBDocument;

beforeAll(async () => {
  directory = await makeTemporaryDirectory();
  store = await openStore({ directory, ephemeral: true, clockMode: { kind: "manual" } });
  const { auth, ...setup } = gatewaySetup(store, [{ ...credentials, caller: root }]);
  gateway = new Gateway({
    services: [createDynamoDbService({ tables: await Tables.open({ store, throttle: true }) })],
    ...setup,
    auth: { ...auth, mode: "off" },
  });
  ({ port } = await gateway.listen({ host: "127.0.0.1", port: 0 }));
  client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: "us-east-1",
    credentials,
    maxAttempts: 1,
  });
  documents = DynamoDBDocument.from(client);
  await client.send(
    new CreateTableCommand({
      TableName,
      AttributeDefinitions: [
        { AttributeName: "artist", AttributeType: "S" },
        { AttributeName: "year", AttributeType: "N" },
        { AttributeName: "genre", AttributeType: "S" },
      ],
      KeySchema: [
        { AttributeName: "artist", KeyType: "HASH" },
        { AttributeName: "year", KeyType: "RANGE" },
      ],
      BillingMode: "PAY_PER_REQUEST",
      GlobalSecondaryIndexes: [
        {
          IndexName: "by-genre",
          KeySchema: [
            { AttributeName: "genre", KeyType: "HASH" },
            { AttributeName: "year", KeyType: "RANGE" },
          ],
          Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: ["title"] },
        },
      ],
    }),
  );
  await waitUntilTableExists({ client, maxWaitTime: 30 }, { TableName });
});

afterAll(async () => {
  client?.destroy();
  await gateway?.close();
  await store?.close();
  await rm(directory, { recursive: true });
});

test("a table is described, listed, changed and deleted", async () => {
  const { Table } = await client.send(new DescribeTableCommand({ TableName }));
  expect(Table).toMatchObject({
    TableName,
    TableStatus: "ACTIVE",
    TableArn: `arn:aws:dynamodb:us-east-1:000000000000:table/${TableName}`,
    BillingModeSummary: { BillingMode: "PAY_PER_REQUEST" },
    GlobalSecondaryIndexes: [{ IndexName: "by-genre", IndexStatus: "ACTIVE" }],
  });
  expect(Table?.CreationDateTime).toBeInstanceOf(Date);
  const keys = {
    AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" as const }],
    KeySchema: [{ AttributeName: "pk", KeyType: "HASH" as const }],
    ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 },
  };
  await client.send(new CreateTableCommand({ TableName: "another", ...keys }));
  await expect(
    client.send(new CreateTableCommand({ TableName: "another", ...keys })),
  ).rejects.toBeInstanceOf(ResourceInUseException);
  const { TableNames, LastEvaluatedTableName } = await client.send(
    new ListTablesCommand({ Limit: 1 }),
  );
  expect(TableNames).toEqual(["another"]);
  expect(LastEvaluatedTableName).toBe("another");
  await client.send(
    new UpdateTableCommand({
      TableName: "another",
      ProvisionedThroughput: { ReadCapacityUnits: 2, WriteCapacityUnits: 1 },
    }),
  );
  await client.send(new DeleteTableCommand({ TableName: "another" }));
  await expect(client.send(new DescribeTableCommand({ TableName: "another" }))).rejects.toThrow(
    "Requested resource not found: Table: another not found",
  );
});

test("items of every type go in and out, and updates answer what they were asked", async () => {
  const Key = { artist: "a", year: 1999 };
  const item = {
    ...Key,
    title: "é",
    list: [1, "x", null, true],
    map: { deep: [{ er: 1 }] },
    set: new Set(["a", "b"]),
    bytes: Uint8Array.of(1, 2, 3),
  };
  await documents.put({ TableName, Item: item });
  const { Item } = await documents.get({ TableName, Key });
  expect(Item).toEqual(item);
  const { Attributes } = await documents.update({
    TableName,
    Key,
    UpdateExpression: "SET plays = if_not_exists(plays, :zero) + :one REMOVE title",
    ExpressionAttributeValues: { ":zero": 0, ":one": 1 },
    ReturnValues: "UPDATED_NEW",
  });
  expect(Attributes).toEqual({ plays: 1 });
  const deleted = await client.send(
    new DeleteItemCommand({
      TableName,
      Key: { artist: { S: "a" }, year: { N: "1999.0" } },
      ReturnValues: "ALL_OLD",
      ReturnConsumedCapacity: "TOTAL",
    }),
  );
  expect(deleted.Attributes?.["plays"]).toEqual({ N: "1" });
  expect(deleted.ConsumedCapacity).toEqual({ TableName, CapacityUnits: 1 });
  expect(await documents.get({ TableName, Key })).not.toHaveProperty("Item");
});

test("a failed condition is its own error, with the item", async () => {
  const Item = { artist: { S: "c" }, year: { N: "1" } };
  await client.send(new PutItemCommand({ TableName, Item }));
  const failed = client.send(
    new PutItemCommand({
      TableName,
      Item,
      ConditionExpression: "attribute_not_exists(artist)",
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    }),
  );
  await expect(failed).rejects.toBeInstanceOf(ConditionalCheckFailedException);
  await expect(failed).rejects.toMatchObject({ Item, message: "The conditional request failed" });
});

test("queries and scans page, filter and project, also over an index", async () => {
  const PutRequests = Array.from({ length: 20 }, (_, i) => ({
    PutRequest: {
      Item: {
        artist: { S: "q" },
        year: { N: String(i) },
        genre: { S: i % 2 === 0 ? "even" : "odd" },
        title: { S: `t${i}` },
        more: { S: "x" },
      },
    },
  }));
  const written = await client.send(
    new BatchWriteItemCommand({ RequestItems: { [TableName]: PutRequests } }),
  );
  expect(written.UnprocessedItems).toEqual({});
  const page = await client.send(
    new QueryCommand({
      TableName,
      KeyConditionExpression: "artist = :a AND #y BETWEEN :low AND :high",
      ProjectionExpression: "#y",
      ExpressionAttributeNames: { "#y": "year" },
      ExpressionAttributeValues: { ":a": { S: "q" }, ":low": { N: "5" }, ":high": { N: "10" } },
      ScanIndexForward: false,
      Limit: 2,
    }),
  );
  expect(page.Items).toEqual([{ year: { N: "10" } }, { year: { N: "9" } }]);
  expect(page.LastEvaluatedKey).toEqual({ artist: { S: "q" }, year: { N: "9" } });
  const indexed = await client.send(
    new QueryCommand({
      TableName,
      IndexName: "by-genre",
      KeyConditionExpression: "genre = :g",
      ExpressionAttributeValues: { ":g": { S: "even" } },
      ReturnConsumedCapacity: "INDEXES",
    }),
  );
  expect(indexed).toMatchObject({ Count: 10, ScannedCount: 10 });
  expect(indexed.Items?.[0]).not.toHaveProperty("more");
  expect(indexed.ConsumedCapacity?.GlobalSecondaryIndexes).toEqual({
    "by-genre": { CapacityUnits: 0.5 },
  });
  const scanned = await client.send(
    new ScanCommand({
      TableName,
      FilterExpression: "genre = :g",
      ExpressionAttributeValues: { ":g": { S: "odd" } },
      Select: "COUNT",
    }),
  );
  expect(scanned.Count).toBe(10);
  expect(scanned).not.toHaveProperty("Items");
  const { Responses } = await client.send(
    new BatchGetItemCommand({
      RequestItems: {
        [TableName]: {
          Keys: [
            { artist: { S: "q" }, year: { N: "1" } },
            { artist: { S: "nobody" }, year: { N: "1" } },
          ],
        },
      },
    }),
  );
  expect(Responses?.[TableName]).toHaveLength(1);
});

test("a provisioned table throttles when its burst is used up, and recovers with the clock", async () => {
  await client.send(
    new CreateTableCommand({
      TableName: "slow",
      AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "N" }],
      KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
      ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 },
    }),
  );
  const put = (pk: number): Promise<unknown> =>
    client.send(new PutItemCommand({ TableName: "slow", Item: { pk: { N: String(pk) } } }));
  for (let i = 0; i < 300; i++) await put(i);
  const refused = put(300);
  await expect(refused).rejects.toBeInstanceOf(ProvisionedThroughputExceededException);
  await expect(refused).rejects.toMatchObject({
    ThrottlingReasons: [
      {
        reason: "TableWriteProvisionedThroughputExceeded",
        resource: "arn:aws:dynamodb:us-east-1:000000000000:table/slow",
      },
    ],
  });
  (store.clock as ManualClock).advance(1000);
  await put(300);
  const get = new GetItemCommand({ TableName: "slow", Key: { pk: { N: "300" } } });
  expect((await client.send(get)).Item).toBeDefined();
});

test("tables have tags, and a time to live", async () => {
  const ResourceArn = `arn:aws:dynamodb:us-east-1:000000000000:table/${TableName}`;
  const Tags = [
    { Key: "env", Value: "test" },
    { Key: "team", Value: "" },
  ];
  await client.send(new TagResourceCommand({ ResourceArn, Tags }));
  await client.send(new UntagResourceCommand({ ResourceArn, TagKeys: ["team"] }));
  const listed = await client.send(new ListTagsOfResourceCommand({ ResourceArn }));
  expect(listed.Tags).toEqual([{ Key: "env", Value: "test" }]);
  const TimeToLiveSpecification = { Enabled: true, AttributeName: "expires" };
  await client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
  const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName }));
  expect(TimeToLiveDescription?.AttributeName).toBe("expires");
});

test("transactions are carried out once, and say why not", async () => {
  const put = (year: string, condition?: string): TransactWriteItem => ({
    Put: {
      TableName,
      Item: { artist: { S: "tx" }, year: { N: year } },
      ...(condition && { ConditionExpression: condition }),
    },
  });
  const ClientRequestToken = "once-only";
  const TransactItems = [put("1", "attribute_not_exists(artist)"), put("2")];
  for (let i = 0; i < 2; i++) {
    await client.send(new TransactWriteItemsCommand({ ClientRequestToken, TransactItems }));
  }
  const failed = await client
    .send(new TransactWriteItemsCommand({ TransactItems: [put("3"), TransactItems[0] as never] }))
    .catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(TransactionCanceledException);
  expect((failed as TransactionCanceledException).CancellationReasons).toEqual([
    { Code: "None" },
    { Code: "ConditionalCheckFailed", Message: "The conditional request failed" },
  ]);
  const Get = (year: string): TransactGetItem => ({
    Get: { TableName, Key: { artist: { S: "tx" }, year: { N: year } } },
  });
  const { Responses } = await client.send(
    new TransactGetItemsCommand({ TransactItems: [Get("2"), Get("3")] }),
  );
  expect(Responses).toEqual([{ Item: { artist: { S: "tx" }, year: { N: "2" } } }, {}]);
});

test("limits and endpoints are described", async () => {
  expect(await client.send(new DescribeLimitsCommand({}))).toMatchObject({
    TableMaxReadCapacityUnits: 40_000,
  });
  const { Endpoints } = await client.send(new DescribeEndpointsCommand({}));
  expect(Endpoints?.[0]?.Address).toBe(`127.0.0.1:${port}`);
});

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
}

/** A request as no SDK would send it. */
async function send(
  target: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const sent = request({
    host: "127.0.0.1",
    port,
    method: "POST",
    headers: {
      "x-amz-target": `DynamoDB_20120810.${target}`,
      "content-type": "application/x-amz-json-1.0",
      authorization:
        "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/dynamodb/aws4_request, " +
        "SignedHeaders=host, Signature=00",
      "x-amz-date": "20260101T000000Z",
      ...headers,
    },
  });
  sent.end(body);
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk as string;
  return { status: response.statusCode ?? 0, headers: response.headers, text };
}

test("bodies may be gzipped, and every answer carries its CRC32", async () => {
  const body = gzipSync(
    JSON.stringify({ TableName, Key: { artist: { S: "q" }, year: { N: "3" } } }),
  );
  const answer = await send("GetItem", body, { "content-encoding": "gzip" });
  expect(answer.status).toBe(200);
  expect(JSON.parse(answer.text)).toHaveProperty("Item.title.S", "t3");
  expect(answer.headers["x-amz-crc32"]).toBe(String(crc32(answer.text)));
  expect(answer.headers["content-type"]).toBe("application/x-amz-json-1.0");
  expect(answer.headers["x-amzn-requestid"]).toBeTruthy();
});

test("bad input gets the service's own error", async () => {
  const key = '"Key":{"artist":{"S":"a"},"year":{"N":"1"}}';
  const named = `"TableName":"${TableName}"`;
  const refusals: readonly (readonly [string, string, string, string])[] = [
    ["Nonsense", "{}", "UnknownOperationException", ""],
    ["GetItem", "{", "SerializationException", ""],
    ["GetItem", `{${named},"Key":7}`, "SerializationException", "Unexpected field type"],
    [
      "GetItem",
      `{${named},"Key":{"artist":{"S":7},"year":{"N":"1"}}}`,
      "SerializationException",
      "NUMBER_VALUE cannot be converted to String",
    ],
    [
      "GetItem",
      `{${named},"Key":{"artist":{"B":"AQ"},"year":{"N":"1"}}}`,
      "SerializationException",
      "Base64 encoded length is expected a multiple of 4 bytes but found: 2",
    ],
    ["GetItem", `{"TableName":7,${key}}`, "SerializationException", "NUMBER_VALUE cannot be"],
    [
      "GetItem",
      "{}",
      "ValidationException",
      "2 validation errors detected: Value null at 'tableName' failed to satisfy constraint: " +
        "Member must not be null; Value null at 'key' failed to satisfy constraint: " +
        "Member must not be null",
    ],
    [
      "PutItem",
      `{${named},"Item":{"artist":{"S":"a"},"year":{"N":"1e999"}}}`,
      "ValidationException",
      "Number overflow",
    ],
    [
      "PutItem",
      `{${named},"Item":{"artist":{"S":"\\ud800"},"year":{"N":"1"}}}`,
      "ValidationException",
      "not well-formed",
    ],
    [
      "PutItem",
      `{${named},"Item":{"artist":{"S":"a"},"year":{"N":"1"},"x":${'{"L":['.repeat(40)}${"]}".repeat(40)}}}`,
      "ValidationException",
      "Nesting Levels have exceeded supported limits",
    ],
    [
      "UpdateItem",
      `{${named},${key},"Nonsense":1,"UpdateExpression":"SET year = :y"}`,
      "ValidationException",
      "Attribute name is a reserved keyword; reserved keyword: year",
    ],
    ["UpdateTable", `{${named},"ReplicaUpdates":[]}`, "ValidationException", "is not supported"],
  ];
  for (const [target, body, code, text] of refusals) {
    const answer = await send(target, body);
    expect(answer.status, body).toBe(400);
    const error = JSON.parse(answer.text) as Record<string, string>;
    expect(error["__type"], body).toMatch(new RegExp(`#${code}$`));
    expect(error["message"] ?? error["Message"] ?? "", body).toContain(text);
  }
});

test("prototype names are attribute names, in items and in expressions", async () => {
  const item =
    '{"artist":{"S":"p"},"year":{"N":"1"},"__proto__":{"S":"x"},"constructor":{"N":"1"}}';
  const put = await send("PutItem", `{"TableName":"${TableName}","Item":${item}}`);
  expect(put.text).toBe("{}");
  const updated = await client.send(
    new UpdateItemCommand({
      TableName,
      Key: { artist: { S: "p" }, year: { N: "1" } },
      UpdateExpression: "SET #p = :y",
      ConditionExpression: "#p = :x AND attribute_not_exists(#h)",
      ExpressionAttributeNames: { "#p": "__proto__", "#h": "hasOwnProperty" },
      ExpressionAttributeValues: { ":x": { S: "x" }, ":y": { S: "y" } },
      ReturnValues: "ALL_NEW",
    }),
  );
  expect(JSON.stringify(updated.Attributes)).toContain('"constructor":{"N":"1"}');
  const got = await send(
    "GetItem",
    `{"TableName":"${TableName}","Key":{"artist":{"S":"p"},"year":{"N":"1"}}}`,
  );
  expect(got.text).toContain('"__proto__":{"S":"y"}');
});

test("PartiQL statements, batches and transactions of them are carried out", async () => {
  const Statement = `INSERT INTO "music" VALUE {'artist': ?, 'year': 1999, 'genre': 'ql'}`;
  const insert = new ExecuteStatementCommand({ Statement, Parameters: [{ S: "ql" }] });
  await client.send(insert);
  await expect(client.send(insert)).rejects.toBeInstanceOf(DuplicateItemException);
  const key = "WHERE artist = 'ql' AND year = 1999";
  const updated = await client.send(
    new ExecuteStatementCommand({
      Statement: `UPDATE music SET tags = <<'a'>> ${key} RETURNING MODIFIED NEW *`,
    }),
  );
  expect(updated.Items).toEqual([{ tags: { SS: ["a"] } }]);
  const select = await client.send(
    new ExecuteStatementCommand({
      Statement: "SELECT title, artist FROM music.\"by-genre\" WHERE genre = 'ql'",
      Limit: 1,
      ReturnConsumedCapacity: "INDEXES",
    }),
  );
  expect(select).toMatchObject({
    Items: [{ artist: { S: "ql" } }],
    NextToken: expect.any(String) as string,
    LastEvaluatedKey: { artist: { S: "ql" } },
    ConsumedCapacity: { GlobalSecondaryIndexes: { "by-genre": { CapacityUnits: 0.5 } } },
  });
  const { Responses: batch } = await client.send(
    new BatchExecuteStatementCommand({
      Statements: [
        { Statement: `SELECT tags FROM music ${key}` },
        { Statement: "SELECT * FROM nowhere WHERE artist = 'ql'" },
        { Statement: "SELECT * FROM music WHERE artist = 'ql'" },
      ],
    }),
  );
  expect(batch).toMatchObject([
    { TableName: "music", Item: { tags: { SS: ["a"] } } },
    { Error: { Code: "ResourceNotFound", Message: "Requested resource not found" } },
    { Error: { Code: "ValidationError" } },
  ]);
  const failed = client.send(
    new ExecuteTransactionCommand({
      TransactStatements: [
        { Statement: `DELETE FROM music ${key}` },
        { Statement: `UPDATE music SET a = 1 WHERE artist = 'ql' AND year = 1` },
      ],
    }),
  );
  await expect(failed).rejects.toMatchObject({
    CancellationReasons: [{ Code: "None" }, { Code: "ConditionalCheckFailed" }],
  });
  const read = await client.send(
    new ExecuteTransactionCommand({
      TransactStatements: [{ Statement: `SELECT * FROM music ${key}` }],
    }),
  );
  expect(read.Responses).toMatchObject([{ Item: { genre: { S: "ql" } } }]);
  await client.send(new ExecuteStatementCommand({ Statement: `DELETE FROM music ${key}` }));
});
