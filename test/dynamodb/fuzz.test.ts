import { Agent, request } from "node:http";
import type { IncomingMessage } from "node:http";
import { once } from "node:events";
import { Firn } from "@firn/firn";
import { SeededRandom } from "@firn/core";
import { cpuRate, printLine, testCount, testSeed } from "@firn/testing";
import { afterAll, beforeAll, expect, test } from "vitest";

/*
 * Requests that a client would never send, made from ones that it would: each is answered, with an
 * error of the service's or with success, and the server goes on.
 */

const TABLE = "fuzzed";

let firn: Firn;
let port: number;
const agent = new Agent({ keepAlive: true, maxSockets: 8 });

beforeAll(async () => {
  firn = await Firn.open({ ephemeral: true, clockMode: { kind: "manual" } });
  const { address } = await firn.listen({ port: 0, auth: "off", services: ["dynamodb"] });
  ({ port } = address);
  const indexes = [
    {
      IndexName: "by-n",
      KeySchema: [{ AttributeName: "n", KeyType: "HASH" }],
      Projection: { ProjectionType: "ALL" },
    },
  ];
  const made = await send(
    "DynamoDB_20120810.CreateTable",
    JSON.stringify({
      TableName: TABLE,
      AttributeDefinitions: [
        { AttributeName: "id", AttributeType: "S" },
        { AttributeName: "n", AttributeType: "N" },
      ],
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
      BillingMode: "PAY_PER_REQUEST",
      GlobalSecondaryIndexes: indexes,
      StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" },
    }),
  );
  expect(made.status).toBe(200);
});

afterAll(async () => {
  agent.destroy();
  await firn?.close();
});

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function send(target: string, body: string | Uint8Array): Promise<Answer> {
  const headers = { "x-amz-target": target, "content-type": "application/x-amz-json-1.0" };
  const sent = request({ agent, host: "127.0.0.1", port, method: "POST", path: "/", headers });
  const answered = once(sent, "response");
  sent.end(body);
  const [response] = (await answered) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() };
}

const ITEM = { id: { S: "a" }, n: { N: "1.5" }, l: { L: [{ BOOL: true }, { NULL: true }] } };
const KEY = { id: { S: "a" } };
const OF = { TableName: TABLE };
const ARN = `arn:aws:dynamodb:us-east-1:000000000000:table/${TABLE}`;
const VALUES = { ExpressionAttributeValues: { ":v": { N: "2" } } };

/** What a client would send, by operation. */
const REQUESTS: Readonly<Record<string, unknown>> = {
  PutItem: { ...OF, Item: ITEM, ReturnValues: "ALL_OLD", ReturnConsumedCapacity: "INDEXES" },
  GetItem: { ...OF, Key: KEY, ProjectionExpression: "l[0], n" },
  UpdateItem: {
    ...OF,
    Key: KEY,
    UpdateExpression: "SET n = n + :v REMOVE l[1]",
    ConditionExpression: "attribute_exists(id) AND n < :v",
    ...VALUES,
  },
  DeleteItem: { ...OF, Key: KEY, Expected: { n: { Exists: false } } },
  Query: { ...OF, IndexName: "by-n", KeyConditionExpression: "n = :v", ...VALUES },
  Scan: { ...OF, FilterExpression: "contains(l, :v) OR size(id) > :v", ...VALUES, Limit: 2 },
  BatchGetItem: { RequestItems: { [TABLE]: { Keys: [KEY], ConsistentRead: true } } },
  BatchWriteItem: { RequestItems: { [TABLE]: [{ PutRequest: { Item: ITEM } }] } },
  TransactWriteItems: {
    TransactItems: [{ Put: { ...OF, Item: ITEM } }, { Delete: { ...OF, Key: { id: { S: "b" } } } }],
    ClientRequestToken: "token",
  },
  TransactGetItems: { TransactItems: [{ Get: { ...OF, Key: KEY } }] },
  ExecuteStatement: {
    Statement: `SELECT * FROM "${TABLE}" WHERE id = ? AND n BETWEEN 1 AND 2`,
    Parameters: [{ S: "a" }],
  },
  DescribeTable: OF,
  UpdateTable: { ...OF, OnDemandThroughput: { MaxReadRequestUnits: 5 } },
  UpdateTimeToLive: { ...OF, TimeToLiveSpecification: { Enabled: true, AttributeName: "t" } },
  TagResource: { ResourceArn: ARN, Tags: [{ Key: "k", Value: "v" }] },
  PutResourcePolicy: { ResourceArn: ARN, Policy: '{"Statement":[]}' },
  CreateBackup: { TableName: "missing", BackupName: "b-1" },
  ListBackups: { ...OF, Limit: 3, TimeRangeLowerBound: 1 },
  ExportTableToPointInTime: { TableArn: ARN, S3Bucket: "bucket" },
  "Streams.ListStreams": { ...OF, Limit: 1 },
  "Streams.GetRecords": { ShardIterator: `${ARN}/stream/x|1|WyJzIiwwLDAsMF0=`, Limit: 1 },
};

const deep = (levels: number): unknown => {
  let value: unknown = { S: "bottom" };
  for (let i = 0; i < levels; i++) value = i % 2 === 0 ? { L: [value] } : { M: { m: value } };
  return value;
};

const STRANGE: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1e308,
  2 ** 60,
  "",
  "\ud800",
  "\u0000",
  "x".repeat(5000),
  "__proto__",
  "constructor",
  [],
  {},
  [[]],
  { S: "a", N: "1" },
  { N: "1".repeat(39) },
  { N: "1e126" },
  { N: "NaN" },
  { B: "not base64" },
  { SS: [] },
  { NS: ["1", "1.0"] },
  { L: [null] },
  { M: { __proto__: { S: "x" } } },
  deep(33),
  deep(200),
  "(".repeat(400),
  "a AND ".repeat(350),
  "SET a = :v, a = :v",
  ":v",
  "#n",
  "n[99999999999]",
];

class Mutator {
  readonly #random: SeededRandom;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  /** The text of a request with a few things wrong. */
  body(request: unknown): string {
    let copy = structuredClone(request);
    for (let i = this.#random.below(4); i > 0; i--) copy = this.#changed(copy);
    const text = JSON.stringify(copy) ?? "";
    switch (this.#random.below(12)) {
      case 0:
        return text.slice(0, this.#random.below(text.length + 1));
      case 1:
        return this.#flipped(text);
      case 2:
        return text.replace(/"(\w+)":/, '"$1":null,"$1":');
      case 3:
        return `${"[".repeat(100_000)}${text}`;
      default:
        return text;
    }
  }

  #changed(value: unknown): unknown {
    if (typeof value !== "object" || value === null || this.#random.below(4) === 0) {
      return this.#strange();
    }
    const names = Object.keys(value);
    if (names.length === 0) return this.#strange();
    const name = names[this.#random.below(names.length)] as string;
    const members = value as Record<string, unknown>;
    if (this.#random.below(6) === 0) delete members[name];
    else members[name] = this.#changed(members[name]);
    return value;
  }

  #strange(): unknown {
    return structuredClone(STRANGE[this.#random.below(STRANGE.length)]);
  }

  #flipped(text: string): string {
    const at = this.#random.below(text.length + 1);
    const other = String.fromCharCode(this.#random.below(128));
    return `${text.slice(0, at)}${other}${text.slice(at + 1)}`;
  }
}

test("every body gets an answer of the service's own, and the server goes on", async () => {
  const seed = testSeed();
  const random = new SeededRandom(seed);
  const mutator = new Mutator(random);
  const casesMax = testCount({ quick: 1000, full: 60_000 });
  const rate = cpuRate();
  const counts = new Map<number, number>();
  const names = Object.keys(REQUESTS);
  for (let cases = 0; cases < casesMax; cases += 8) {
    const asked = Array.from({ length: 8 }, () => {
      const name = names[random.below(names.length)] as string;
      const streams = name.startsWith("Streams.");
      const target = streams
        ? name.replace("Streams", "DynamoDBStreams_20120810")
        : `DynamoDB_20120810.${name}`;
      return { target, body: mutator.body(REQUESTS[name]) };
    });
    await Promise.all(
      asked.map(async ({ target, body }) => {
        const { status, text } = await send(target, body);
        const about = `FIRN_SEED=${seed} ${target} ${body.slice(0, 2000)} -> ${text.slice(0, 500)}`;
        expect([200, 400, 413], about).toContain(status);
        const answer = JSON.parse(text) as Record<string, unknown>;
        if (status !== 200) expect(answer["__type"], about).toMatch(/#[A-Za-z]+(Exception|Large)$/);
        counts.set(status, (counts.get(status) ?? 0) + 1);
      }),
    );
  }
  printLine(`${casesMax} bodies, ${rate(casesMax)} a minute of CPU`);
  printLine(`bodies by status: ${JSON.stringify(Object.fromEntries(counts))}`);
  expect(firn.store.failure).toBe(undefined);
});
