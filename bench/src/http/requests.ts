import { randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";
import type { PlainRequest } from "./sign.ts";

/** The calls that are measured. */
export type Call =
  | "PutObject"
  | "PutObjectUnsigned"
  | "PutObjectChunked"
  | "GetObject"
  | "PutItem"
  | "GetItem"
  | "UpdateItem"
  | "Query"
  | "BatchWriteItem"
  | "TransactWriteItems";

export const bucket = "bench";
export const table = "bench";
/** Items of one partition, for Query. */
export const QUERY_ITEMS = 100;
/** Items of one request. */
const BATCH_ITEMS = 25;
const TRANSACTION_ITEMS = 4;
const ITEM_TEXT_BYTES = 300;
/** What the JavaScript SDK makes of a stream. */
const CHUNK_BYTES = 64 * 1024;
const NONE: Buffer = Buffer.alloc(0);

/** What must be there before the clock starts. */
export function preparation(call: Call, keys: readonly string[], bytes: number): PlainRequest[] {
  switch (call) {
    case "PutObject":
    case "PutObjectUnsigned":
    case "PutObjectChunked":
      return [createBucket()];
    case "GetObject":
      return [createBucket(), ...keys.map((key) => putObject(key, bytes))];
    case "PutItem":
    case "BatchWriteItem":
    case "TransactWriteItems":
      return [createTable()];
    case "GetItem":
    case "UpdateItem":
      return [createTable(), ...keys.map((key) => putItem(key, 0))];
    case "Query":
      return [createTable(), ...Array.from({ length: QUERY_ITEMS }, (_, n) => putItem("all", n))];
  }
}

/** The measured request for one key. */
export function measured(call: Call, key: string, bytes: number): PlainRequest {
  switch (call) {
    case "PutObject":
      return putObject(key, bytes);
    case "PutObjectUnsigned":
      return { ...putObject(key, bytes), payload: "UNSIGNED-PAYLOAD" };
    case "PutObjectChunked":
      return chunked(putObject(key, bytes));
    case "GetObject":
      return { method: "GET", path: `/${bucket}/${key}`, service: "s3", headers: {}, body: NONE };
    case "PutItem":
      return putItem(key, 0);
    case "GetItem":
      return dynamo("GetItem", { TableName: table, Key: keyOf(key, 0) });
    case "UpdateItem":
      return dynamo("UpdateItem", {
        TableName: table,
        Key: keyOf(key, 0),
        UpdateExpression: "SET visits = if_not_exists(visits, :zero) + :one",
        ExpressionAttributeValues: { ":zero": { N: "0" }, ":one": { N: "1" } },
      });
    case "BatchWriteItem":
      return dynamo("BatchWriteItem", {
        RequestItems: {
          [table]: items(key, BATCH_ITEMS).map((Item) => ({ PutRequest: { Item } })),
        },
      });
    case "TransactWriteItems":
      return dynamo("TransactWriteItems", {
        TransactItems: items(key, TRANSACTION_ITEMS).map((Item) => ({
          Put: { TableName: table, Item },
        })),
      });
    case "Query":
      return dynamo("Query", {
        TableName: table,
        KeyConditionExpression: "pk = :pk",
        ExpressionAttributeValues: { ":pk": { S: "all" } },
      });
  }
}

/** A body that a server which stores nothing answers GetItem and Query with. */
export function cannedItems(count: number): object[] {
  return Array.from({ length: count }, (_, n) => item("all", n));
}

function createBucket(): PlainRequest {
  return { method: "PUT", path: `/${bucket}`, service: "s3", headers: {}, body: NONE };
}

function putObject(key: string, bytes: number): PlainRequest {
  const body = randomBytes(bytes);
  return { method: "PUT", path: `/${bucket}/${key}`, service: "s3", headers: {}, body };
}

/** As an SDK sends a stream: in chunks, with a checksum behind them. */
function chunked(request: PlainRequest): PlainRequest {
  const { body } = request;
  const frames: Buffer[] = [];
  for (let at = 0; at < body.length; at += CHUNK_BYTES) {
    const chunk = body.subarray(at, at + CHUNK_BYTES);
    frames.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from("\r\n"));
  }
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  const trailer = `0\r\nx-amz-checksum-crc32:${sum.toString("base64")}\r\n\r\n`;
  return {
    ...request,
    payload: "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    headers: {
      "content-encoding": "aws-chunked",
      "x-amz-decoded-content-length": String(body.length),
      "x-amz-trailer": "x-amz-checksum-crc32",
    },
    body: Buffer.concat([...frames, Buffer.from(trailer)]),
  };
}

function createTable(): PlainRequest {
  return dynamo("CreateTable", {
    TableName: table,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [
      { AttributeName: "pk", AttributeType: "S" },
      { AttributeName: "sk", AttributeType: "N" },
    ],
    KeySchema: [
      { AttributeName: "pk", KeyType: "HASH" },
      { AttributeName: "sk", KeyType: "RANGE" },
    ],
  });
}

function putItem(key: string, sort: number): PlainRequest {
  return dynamo("PutItem", { TableName: table, Item: item(key, sort) });
}

function item(key: string, sort: number): object {
  const text = randomBytes(ITEM_TEXT_BYTES / 2).toString("hex");
  return { ...keyOf(key, sort), text: { S: text }, visits: { N: "0" } };
}

/** Of as many partitions. */
function items(key: string, count: number): object[] {
  return Array.from({ length: count }, (_, n) => item(`${key}-${n}`, n));
}

function keyOf(key: string, sort: number): object {
  return { pk: { S: key }, sk: { N: String(sort) } };
}

function dynamo(operation: string, input: object): PlainRequest {
  return {
    method: "POST",
    path: "/",
    service: "dynamodb",
    headers: {
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": `DynamoDB_20120810.${operation}`,
    },
    body: Buffer.from(JSON.stringify(input)),
  };
}
