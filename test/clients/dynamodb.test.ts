import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { Entity as ToolboxEntity } from "dynamodb-toolbox/entity";
import { GetItemCommand } from "dynamodb-toolbox/entity/actions/get";
import { PutItemCommand } from "dynamodb-toolbox/entity/actions/put";
import { $add, UpdateItemCommand } from "dynamodb-toolbox/entity/actions/update";
import { item, list, number, string } from "dynamodb-toolbox/schema";
import { Table } from "dynamodb-toolbox/table";
import { QueryCommand } from "dynamodb-toolbox/table/actions/query";
import { Entity, Service } from "electrodb";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startServer } from "../support/server.ts";
import type { RunningServer } from "../support/server.ts";

const run = promisify(execFile);

let server: RunningServer;
let documents: DynamoDBDocumentClient;

beforeAll(async () => {
  server = await startServer();
  const { environment } = server;
  const client = new DynamoDBClient({
    endpoint: server.endpoint,
    region: environment["AWS_REGION"] ?? "",
    credentials: {
      accessKeyId: environment["AWS_ACCESS_KEY_ID"] ?? "",
      secretAccessKey: environment["AWS_SECRET_ACCESS_KEY"] ?? "",
    },
  });
  documents = DynamoDBDocumentClient.from(client, {
    marshallOptions: { removeUndefinedValues: true },
  });
});

afterAll(async () => {
  documents?.destroy();
  await server?.remove();
});

/** `aws SERVICE COMMAND WORDS…`, its JSON parsed. */
async function aws(...words: readonly string[]): Promise<Record<string, unknown>> {
  const { stdout } = await run("aws", ["--output", "json", ...words], {
    env: { ...process.env, ...server.environment, AWS_PAGER: "" },
  });
  return stdout.trim() === "" ? {} : (JSON.parse(stdout) as Record<string, unknown>);
}

const TABLE = ["--table-name", "music"];

test("the aws command makes a table, writes and reads it, and follows its stream", async () => {
  await aws(
    "dynamodb",
    "create-table",
    ...TABLE,
    "--attribute-definitions",
    "AttributeName=artist,AttributeType=S",
    "AttributeName=year,AttributeType=N",
    "--key-schema",
    "AttributeName=artist,KeyType=HASH",
    "AttributeName=year,KeyType=RANGE",
    "--billing-mode",
    "PAY_PER_REQUEST",
    "--stream-specification",
    "StreamEnabled=true,StreamViewType=NEW_IMAGE",
  );
  await aws("dynamodb", "wait", "table-exists", ...TABLE);
  const song = '{"artist":{"S":"Björk"},"year":{"N":"1997"},"title":{"S":"Jóga"}}';
  await aws("dynamodb", "put-item", ...TABLE, "--item", song);
  const found = await aws(
    "dynamodb",
    "query",
    ...TABLE,
    "--key-condition-expression",
    "artist = :a AND #y > :y",
    "--expression-attribute-names",
    '{"#y":"year"}',
    "--expression-attribute-values",
    '{":a":{"S":"Björk"},":y":{"N":"1990"}}',
  );
  expect(found).toMatchObject({ Count: 1, Items: [JSON.parse(song)] });
  const refused = aws(
    "dynamodb",
    "put-item",
    ...TABLE,
    "--item",
    song,
    "--condition-expression",
    "attribute_not_exists(artist)",
  );
  await expect(refused).rejects.toMatchObject({
    stderr: expect.stringContaining("ConditionalCheckFailedException") as string,
  });
  const { Streams } = await aws("dynamodbstreams", "list-streams", ...TABLE);
  const [{ StreamArn: arn = "" } = {}] = Streams as readonly { StreamArn?: string }[];
  const { StreamDescription } = await aws(
    "dynamodbstreams",
    "describe-stream",
    "--stream-arn",
    arn,
  );
  const names: unknown[] = [];
  for (const { ShardId } of (StreamDescription as { Shards: { ShardId: string }[] }).Shards) {
    const { ShardIterator } = await aws(
      "dynamodbstreams",
      "get-shard-iterator",
      ...["--stream-arn", arn, "--shard-id", ShardId, "--shard-iterator-type", "TRIM_HORIZON"],
    );
    const iterator = ["--shard-iterator", ShardIterator as string];
    const { Records } = await aws("dynamodbstreams", "get-records", ...iterator);
    names.push(...(Records as { eventName: string }[]).map(({ eventName }) => eventName));
  }
  expect(names).toEqual(["INSERT"]);
  const { BackupDetails } = await aws(
    "dynamodb",
    "create-backup",
    ...TABLE,
    "--backup-name",
    "before",
  );
  const { BackupArn } = BackupDetails as { BackupArn: string };
  await vi.waitFor(
    () =>
      aws(
        "dynamodb",
        "restore-table-from-backup",
        ...["--target-table-name", "again", "--backup-arn", BackupArn],
      ),
    { timeout: 20_000 },
  );
  await aws("dynamodb", "wait", "table-exists", "--table-name", "again");
  expect(await aws("dynamodb", "scan", "--table-name", "again")).toMatchObject({ Count: 1 });
});

/** A Python that has boto3: the system's, or that of the programs' own environment. */
async function python(): Promise<string> {
  const own = join(process.env["HOME"] ?? "", ".cache/firn-ci/aws/bin/python3");
  for (const program of ["python3", own]) {
    const has = await run(program, ["-c", "import boto3"]).then(
      () => true,
      () => false,
    );
    if (has) return program;
  }
  throw new Error("no python3 with boto3");
}

test("boto3 works with tables, batches, conditions, transactions and PartiQL", async () => {
  const { stdout } = await run(
    await python(),
    [fileURLToPath(new URL("boto3-tour.py", import.meta.url))],
    {
      env: { ...process.env, ...server.environment },
    },
  );
  expect(stdout.trim()).toBe("ok");
});

/** Two entities in one table, as ElectroDB has them. */
async function makeSingleTable(TableName: string): Promise<void> {
  const keys = ["pk", "sk", "gsi1pk", "gsi1sk"];
  await aws(
    "dynamodb",
    "create-table",
    ...["--table-name", TableName, "--billing-mode", "PAY_PER_REQUEST"],
    "--attribute-definitions",
    ...keys.map((name) => `AttributeName=${name},AttributeType=S`),
    ...["--key-schema", "AttributeName=pk,KeyType=HASH", "AttributeName=sk,KeyType=RANGE"],
    "--global-secondary-indexes",
    JSON.stringify([
      {
        IndexName: "gsi1",
        KeySchema: [
          { AttributeName: "gsi1pk", KeyType: "HASH" },
          { AttributeName: "gsi1sk", KeyType: "RANGE" },
        ],
        Projection: { ProjectionType: "ALL" },
      },
    ]),
  );
}

test("ElectroDB keeps its entities, and finds them by collection", async () => {
  await makeSingleTable("electro");
  const on = { client: documents, table: "electro" };
  const byOffice = {
    index: "gsi1",
    collection: "workplace",
    pk: { field: "gsi1pk", composite: ["office"] },
  } as const;
  const Employee = new Entity(
    {
      model: { entity: "employee", version: "1", service: "tasks" },
      attributes: {
        employee: { type: "string", required: true },
        office: { type: "string", required: true },
        team: { type: ["development", "marketing"] as const, required: true },
        salary: { type: "number" },
        skills: { type: "set", items: "string" },
      },
      indexes: {
        employee: {
          pk: { field: "pk", composite: ["employee"] },
          sk: { field: "sk", composite: [] },
        },
        coworkers: { ...byOffice, sk: { field: "gsi1sk", composite: ["team", "employee"] } },
      },
    },
    on,
  );
  const Task = new Entity(
    {
      model: { entity: "task", version: "1", service: "tasks" },
      attributes: {
        task: { type: "string", required: true },
        office: { type: "string", required: true },
        points: { type: "number", default: 1 },
      },
      indexes: {
        task: { pk: { field: "pk", composite: ["task"] }, sk: { field: "sk", composite: [] } },
        byOffice: { ...byOffice, sk: { field: "gsi1sk", composite: ["task"] } },
      },
    },
    on,
  );
  const tasks = new Service({ employees: Employee, tasks: Task });
  const office = "Reykjavík";
  await Employee.create({ employee: "ada", office, team: "development", salary: 100 }).go();
  await Employee.put([
    { employee: "bo", office, team: "marketing" },
    { employee: "cy", office: "Akureyri", team: "marketing" },
  ]).go();
  await Task.create({ task: "write", office }).go();
  await expect(
    Employee.create({ employee: "ada", office, team: "development" }).go(),
  ).rejects.toThrow("conditional request failed");
  await Employee.update({ employee: "ada" })
    .add({ salary: 5, skills: ["logs"] })
    .where(({ salary }, { eq }) => eq(salary, 100))
    .go();
  const { data } = await tasks.collections.workplace({ office }).go();
  expect(data.employees.map(({ employee }) => employee)).toEqual(["ada", "bo"]);
  expect(data.tasks).toMatchObject([{ task: "write", points: 1 }]);
  const ada = await Employee.get({ employee: "ada" }).go();
  expect(ada.data).toMatchObject({ salary: 105, skills: ["logs"] });
  const developers = await Employee.query
    .coworkers({ office })
    .begins({ team: "development" })
    .go();
  expect(developers.data).toHaveLength(1);
  const written = tasks.transaction.write(({ employees, tasks: all }) => [
    employees.patch({ employee: "bo" }).set({ salary: 7 }).commit(),
    all.create({ task: "write", office }).commit(),
  ]);
  expect(await written.go()).toMatchObject({ canceled: true });
  expect((await Employee.get({ employee: "bo" }).go()).data?.salary).toBe(undefined);
});

test("dynamodb-toolbox puts, updates and queries its entities", async () => {
  await makeSingleTable("toolbox");
  const table = new Table({
    name: "toolbox",
    partitionKey: { name: "pk", type: "string" },
    sortKey: { name: "sk", type: "string" },
    documentClient: documents,
  });
  const Pokemon = new ToolboxEntity({
    name: "pokemon",
    table,
    schema: item({
      pk: string().key().default("pokemon"),
      sk: string().key(),
      level: number(),
      types: list(string()),
    }),
  });
  for (const [sk, level] of [
    ["pikachu", 42],
    ["raichu", 60],
  ] as const) {
    await Pokemon.build(PutItemCommand)
      .item({ sk, level, types: ["electric"] })
      .send();
  }
  await Pokemon.build(UpdateItemCommand)
    .item({ sk: "pikachu", level: $add(1) })
    .send();
  const { Item } = await Pokemon.build(GetItemCommand).key({ sk: "pikachu" }).send();
  expect(Item).toMatchObject({ level: 43, types: ["electric"] });
  const { Items } = await table
    .build(QueryCommand)
    .query({ partition: "pokemon", range: { beginsWith: "rai" } })
    .entities(Pokemon)
    .send();
  expect(Items).toMatchObject([{ sk: "raichu", level: 60 }]);
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}

test("dynamodb-admin shows the tables and their items", async () => {
  await makeSingleTable("shown");
  await aws(
    ...["dynamodb", "put-item", "--table-name", "shown", "--item"],
    '{"pk":{"S":"here-i-am"},"sk":{"S":"1"}}',
  );
  const require = createRequire(import.meta.url);
  const main = join(
    dirname(require.resolve("dynamodb-admin/package.json")),
    "dist/dynamodb-admin.js",
  );
  const port = await freePort();
  const words = [main, "--host", "127.0.0.1", "--port", String(port), "--skip-default-credentials"];
  const admin: ChildProcess = spawn(process.execPath, words, {
    stdio: "ignore",
    env: { ...process.env, ...server.environment, DYNAMO_ENDPOINT: server.endpoint },
  });
  try {
    const page = async (path: string): Promise<string> => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`);
      expect(response.status).toBe(200);
      return response.text();
    };
    await vi.waitFor(async () => expect(await page("/")).toContain("shown"), { timeout: 20_000 });
    expect(await page("/tables/shown/items")).toContain("here-i-am");
    expect(await page("/tables/shown/meta")).toContain("gsi1");
  } finally {
    admin.kill();
    await once(admin, "exit");
  }
});
