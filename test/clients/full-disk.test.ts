import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomBytes } from "node:crypto";
import {
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { checkStore } from "@firn/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startServer } from "../support/server.ts";
import type { RunningServer } from "../support/server.ts";

// A real full disk: a tmpfs of 8 MB (mounting needs root, as CI is).
const Bucket = "full-disk";
const TableName = "full-disk";
/** So large that it lies apart from the log. */
const LARGE_BYTES = 300_000;
/** Ten seconds for room to come back. */
const ROOM_TRIES_MAX = 50;
const ROOM_PAUSE_MS = 200;
let mount: string;
let server: RunningServer;
let s3: S3Client;
let dynamodb: DynamoDBClient;

beforeAll(async () => {
  mount = mkdtempSync(join(tmpdir(), "firn-full-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=8m", "tmpfs", mount]);
  await start();
  await s3.send(new CreateBucketCommand({ Bucket }));
  await dynamodb.send(
    new CreateTableCommand({
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
      AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
    }),
  );
});

afterAll(async () => {
  await server.stop();
  execFileSync("umount", [mount]);
  rmSync(mount, { recursive: true });
});

async function start(): Promise<void> {
  const directory = join(mount, "data");
  mkdirSync(directory, { recursive: true });
  server = await startServer({ directory });
  const credentials = {
    accessKeyId: server.environment["AWS_ACCESS_KEY_ID"] ?? "",
    secretAccessKey: server.environment["AWS_SECRET_ACCESS_KEY"] ?? "",
  };
  const options = { endpoint: server.endpoint, region: "us-east-1", credentials, maxAttempts: 1 };
  s3 = new S3Client({ ...options, forcePathStyle: true });
  dynamodb = new DynamoDBClient(options);
}

const contents: Buffer[] = [];

async function putUntilFull(bytes: number): Promise<unknown> {
  for (;;) {
    const body = randomBytes(bytes);
    try {
      await s3.send(new PutObjectCommand({ Bucket, Key: `${contents.length}`, Body: body }));
    } catch (error) {
      return error;
    }
    contents.push(body);
  }
}

async function expectAllReadable(from: number): Promise<void> {
  for (let at = from; at < contents.length; at++) {
    const answer = await s3.send(new GetObjectCommand({ Bucket, Key: `${at}` }));
    const body = Buffer.from((await answer.Body?.transformToByteArray()) ?? []);
    expect(body.equals(contents[at] as Buffer), `object ${at}`).toBe(true);
  }
}

/** Room comes back in the background: the first who come may be refused. */
async function putWhenThereIsRoom(Key: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await s3.send(new PutObjectCommand({ Bucket, Key, Body: randomBytes(200_000) }));
      return;
    } catch (error) {
      if (tries === ROOM_TRIES_MAX) throw error;
      await new Promise((resolve) => setTimeout(resolve, ROOM_PAUSE_MS));
    }
  }
}

test("a full disk refuses writes in clear words; reads, deletes and the server go on", async () => {
  const item = { id: { S: "a" }, n: { N: "1" } };
  await dynamodb.send(new PutItemCommand({ TableName, Item: item }));
  const unavailable = { $metadata: { httpStatusCode: 503 } };
  for (const bytes of [LARGE_BYTES, 20_000, 500]) {
    expect(await putUntilFull(bytes)).toMatchObject(unavailable);
  }
  expect(contents.length).toBeGreaterThan(20);
  await expect(
    dynamodb.send(
      new PutItemCommand({ TableName, Item: { id: { S: "b" }, text: { S: "x".repeat(20_000) } } }),
    ),
  ).rejects.toMatchObject(unavailable);
  await expectAllReadable(0);
  await s3.send(new DeleteObjectCommand({ Bucket, Key: "0" }));
  const read = await dynamodb.send(new GetItemCommand({ TableName, Key: { id: item.id } }));
  expect(read.Item).toEqual(item);

  // Deleting makes room for others, without a restart.
  const isLarge = (body: Buffer): boolean => body.length === LARGE_BYTES;
  for (const [at, body] of contents.entries()) {
    if (isLarge(body)) await s3.send(new DeleteObjectCommand({ Bucket, Key: `${at}` }));
  }
  await putWhenThereIsRoom("after deleting");

  await server.stop();
  await start();
  await expect(s3.send(new GetObjectCommand({ Bucket, Key: "0" }))).rejects.toMatchObject({
    name: "NoSuchKey",
  });
  execFileSync("mount", ["-o", "remount,size=48m", mount]);
  await s3.send(new PutObjectCommand({ Bucket, Key: "room again", Body: randomBytes(300_000) }));
  await server.stop();
  expect((await checkStore({ directory: join(mount, "data") })).problems).toEqual([]);
});
