import {
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import { checkStore } from "@firn/core";
import { afterEach, expect, test } from "vitest";
import { startServer } from "../support/server.ts";
import type { RunningServer } from "../support/server.ts";

// The kernel's own errors, put in front of the real server by strace.
const TableName = "faults";
const WRITERS = 8;
/** More than any of these faults lets through. */
const PUTS_MAX = 20_000;

let server: RunningServer | undefined;
let last: RunningServer | undefined;

afterEach(async () => {
  await server?.stop();
  await last?.remove();
});

/** Fails every call of one kind behind the first `healthy` ones, which a start needs. */
function withFault(call: string, error: string, healthy: number): readonly string[] {
  const inject = `inject=${call}:error=${error}:when=${healthy + 1}+`;
  return ["strace", "-D", "-f", "-qqq", "-o", "/dev/null", "-e", `trace=${call}`, "-e", inject];
}

async function start(under: readonly string[], directory?: string): Promise<DynamoDBClient> {
  // One thread for the disk: strace counts the calls of each thread.
  const environment = { UV_THREADPOOL_SIZE: "1" };
  server = await startServer({ directory, under, environment });
  last = server;
  const { AWS_ACCESS_KEY_ID = "", AWS_SECRET_ACCESS_KEY = "" } = server.environment;
  return new DynamoDBClient({
    endpoint: server.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY },
    maxAttempts: 1,
  });
}

/** Puts until each writer was refused; what was acknowledged. */
async function putUntilRefused(client: DynamoDBClient): Promise<string[]> {
  const acknowledged: string[] = [];
  const write = async (writer: number): Promise<void> => {
    for (let number = 0; number < PUTS_MAX; number++) {
      const id = `${writer}.${number}`;
      const Item = { id: { S: id }, text: { S: id.repeat(200) } };
      await client.send(new PutItemCommand({ TableName, Item }));
      acknowledged.push(id);
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: WRITERS }, (_, at) => write(at)));
  for (const end of ends) {
    expect(end).toMatchObject({ reason: { $metadata: { httpStatusCode: 503 } } });
  }
  return acknowledged;
}

async function missing(client: DynamoDBClient, ids: readonly string[]): Promise<string[]> {
  const absent: string[] = [];
  for (const id of ids) {
    const { Item } = await client.send(new GetItemCommand({ TableName, Key: { id: { S: id } } }));
    if (Item?.["text"]?.S !== id.repeat(200)) absent.push(id);
  }
  return absent;
}

for (const [call, error, healthy] of [
  ["fdatasync", "EIO", 60],
  ["pwritev", "EIO", 60],
  ["pwritev", "ENOSPC", 60],
  // Room that is prepared ahead.
  ["pwrite64", "EIO", 1],
  ["pwrite64", "ENOSPC", 1],
] as const) {
  test(`${error} of ${call}: no acknowledged write is lost, and none is taken any more`, async () => {
    const client = await start(withFault(call, error, healthy));
    await client.send(
      new CreateTableCommand({
        TableName,
        BillingMode: "PAY_PER_REQUEST",
        KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
        AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
      }),
    );
    const acknowledged = await putUntilRefused(client);
    expect(acknowledged.length).toBeGreaterThan(0);
    // Reads go on.
    expect(await missing(client, acknowledged)).toEqual([]);
    const { directory = "" } = server ?? {};
    server?.process.kill("SIGKILL");
    const again = await start([], directory);
    expect(await missing(again, acknowledged)).toEqual([]);
    await again.send(new PutItemCommand({ TableName, Item: { id: { S: "after" } } }));
    await server?.stop();
    expect((await checkStore({ directory })).problems).toEqual([]);
  });
}
