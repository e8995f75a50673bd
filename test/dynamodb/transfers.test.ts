import { gunzipSync, gzipSync } from "node:zlib";
import {
  CreateTableCommand,
  DeleteItemCommand,
  DescribeExportCommand,
  DescribeImportCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ExportNotFoundException,
  ExportTableToPointInTimeCommand,
  ImportTableCommand,
  InvalidExportTimeException,
  ListExportsCommand,
  ListImportsCommand,
  PointInTimeRecoveryUnavailableException,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateContinuousBackupsCommand,
} from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { TestServer } from "../support/dynamodb-server.ts";
import { openTestServer } from "../support/dynamodb-server.ts";

const TableName = "orders";
const S3Bucket = "exports";

let server: TestServer;
let client: DynamoDBClient;
let TableArn: string;

beforeAll(async () => {
  server = await openTestServer();
  await server.firn.store.advanceClock(20 * 365 * 24 * 3600 * 1000);
  await server.firn.objects.createBucket({ bucket: S3Bucket });
  client = new DynamoDBClient(server.clientOptions);
  const { TableDescription } = await client.send(
    new CreateTableCommand({ TableName, ...definition }),
  );
  TableArn = TableDescription?.TableArn ?? "";
});

afterAll(async () => {
  client?.destroy();
  await server?.close();
});

const definition = {
  AttributeDefinitions: [
    { AttributeName: "id", AttributeType: "S" as const },
    { AttributeName: "kind", AttributeType: "S" as const },
  ],
  KeySchema: [{ AttributeName: "id", KeyType: "HASH" as const }],
  BillingMode: "PAY_PER_REQUEST" as const,
  GlobalSecondaryIndexes: [
    {
      IndexName: "by-kind",
      KeySchema: [{ AttributeName: "kind", KeyType: "HASH" as const }],
      Projection: { ProjectionType: "ALL" as const },
    },
  ],
};

const put = (id: number, version: number): Promise<unknown> =>
  client.send(
    new PutItemCommand({
      TableName,
      Item: { id: { S: String(id) }, kind: { S: `k${id % 2}` }, v: { N: String(version) } },
    }),
  );

async function read(key: string): Promise<Buffer> {
  const { body } = await server.firn.objects.getObject({ bucket: S3Bucket, key });
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

interface Manifest {
  readonly manifestFilesS3Key: string;
  readonly itemCount: number;
  readonly exportType: string;
}

/** The lines of a finished export. */
async function linesOf(ExportArn: string): Promise<{ manifest: Manifest; lines: unknown[] }> {
  const key = await vi.waitFor(async () => {
    const { ExportDescription } = await client.send(new DescribeExportCommand({ ExportArn }));
    expect(ExportDescription?.ExportStatus).toBe("COMPLETED");
    return ExportDescription?.ExportManifest ?? "";
  });
  const manifest = JSON.parse((await read(key)).toString()) as Manifest;
  const files = (await read(manifest.manifestFilesS3Key)).toString().split("\n").filter(Boolean);
  const lines: unknown[] = [];
  for (const file of files) {
    const { dataFileS3Key } = JSON.parse(file) as { dataFileS3Key: string };
    const text = gunzipSync(await read(dataFileS3Key)).toString();
    for (const line of text.split("\n").filter(Boolean)) lines.push(JSON.parse(line));
  }
  return { manifest, lines };
}

const exportTable = async (more: object = {}): Promise<string> => {
  const { ExportDescription } = await client.send(
    new ExportTableToPointInTimeCommand({ TableArn, S3Bucket, S3Prefix: "daily", ...more }),
  );
  expect(ExportDescription).toMatchObject({ ExportFormat: "DYNAMODB_JSON", S3Bucket, TableArn });
  return ExportDescription?.ExportArn ?? "";
};

interface Changed {
  readonly Keys: { readonly id: { readonly S: string } };
}

test("a table is exported as of a moment, and what changed between two", async () => {
  await expect(exportTable()).rejects.toBeInstanceOf(PointInTimeRecoveryUnavailableException);
  await client.send(
    new UpdateContinuousBackupsCommand({
      TableName,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    }),
  );
  for (let id = 0; id < 30; id++) await put(id, 1);
  await server.firn.store.advanceClock(60_000);
  const between = new Date(server.firn.store.clock.now());
  await put(3, 2);
  await put(99, 1);
  await client.send(new DeleteItemCommand({ TableName, Key: { id: { S: "4" } } }));
  await server.firn.store.advanceClock(60_000);
  const ExportTime = new Date(between.getTime() - 1000);
  const first = await exportTable({ ExportTime, ClientToken: "t1" });
  const full = await linesOf(first);
  expect(full.manifest).toMatchObject({ itemCount: 30, exportType: "FULL_EXPORT" });
  expect(full.lines).toHaveLength(30);
  expect(full.lines).toContainEqual({
    Item: { id: { S: "3" }, kind: { S: "k1" }, v: { N: "1" } },
  });
  expect(await exportTable({ ExportTime, ClientToken: "t1" })).toBe(first);
  const ExportType = "INCREMENTAL_EXPORT";
  const since = { ExportFromTime: between, ExportToTime: new Date(between.getTime() + 60_000) };
  const part = await linesOf(
    await exportTable({ ExportType, IncrementalExportSpecification: since }),
  );
  expect(part.manifest).toMatchObject({ itemCount: 3, exportType: ExportType });
  const byId = new Map(part.lines.map((line) => [(line as Changed).Keys.id.S, line as Changed]));
  expect(byId.get("3")).toMatchObject({ NewImage: { v: { N: "2" } }, OldImage: { v: { N: "1" } } });
  expect(byId.get("4")).not.toHaveProperty("NewImage");
  expect(byId.get("99")).not.toHaveProperty("OldImage");
  const { ExportSummaries } = await client.send(new ListExportsCommand({ TableArn }));
  expect(ExportSummaries?.map((each) => each.ExportType).sort()).toEqual([
    "FULL_EXPORT",
    ExportType,
  ]);
  const late = new Date(server.firn.store.clock.now() + 60_000);
  await expect(exportTable({ ExportTime: late })).rejects.toBeInstanceOf(
    InvalidExportTimeException,
  );
});

test("an export is imported as a new table, with its indexes", async () => {
  const { ExportSummaries } = await client.send(new ListExportsCommand({ TableArn }));
  const full = ExportSummaries?.find((each) => each.ExportType === "FULL_EXPORT");
  const ExportArn = full?.ExportArn ?? "";
  const id = ExportArn.slice(ExportArn.lastIndexOf("/") + 1);
  const described = await importFrom({
    S3KeyPrefix: `daily/AWSDynamoDB/${id}/data/`,
    InputCompressionType: "GZIP",
    TableName: "copied",
  });
  expect(described).toMatchObject({ ProcessedItemCount: 30, ImportedItemCount: 30, ErrorCount: 0 });
  const found = await client.send(
    new QueryCommand({
      TableName: "copied",
      IndexName: "by-kind",
      KeyConditionExpression: "kind = :k",
      ExpressionAttributeValues: { ":k": { S: "k1" } },
    }),
  );
  expect(found.Count).toBe(15);
});

test("lines that are no items are counted and passed over", async () => {
  const lines = [
    '{"Item":{"id":{"S":"a"},"n":{"N":"1.50"}}}',
    "",
    "nonsense",
    '{"Item":{"id":{"N":"1"}}}',
    '{"Item":{"id":{"S":1}}}',
    '{"id":{"S":"a"}}',
    `{"Item":{"id":{"S":"deep"},"x":${'{"L":['.repeat(2000)}${"]}".repeat(2000)}}}`,
    '{"Item":{"id":{"S":"a"},"n":{"N":"2"}}}',
    '{"Item":{"id":{"S":"b"}}}',
  ];
  const body = Buffer.from(lines.join("\n"));
  await server.firn.objects.putObject({ bucket: S3Bucket, key: "mixed/one.json", body });
  const described = await importFrom({ S3KeyPrefix: "mixed/", TableName: "mixed" });
  expect(described).toMatchObject({ ProcessedItemCount: 8, ImportedItemCount: 3, ErrorCount: 5 });
  const { Items } = await client.send(new ScanCommand({ TableName: "mixed" }));
  expect(Items).toHaveLength(2);
  expect(Items).toContainEqual({ id: { S: "a" }, n: { N: "2" } });
});

test("an import that cannot be read fails, and says why", async () => {
  const body = gzipSync(Buffer.from('{"Item":{"id":{"S":"a"}}}')).subarray(0, 20);
  await server.firn.objects.putObject({ bucket: S3Bucket, key: "torn/one.json.gz", body });
  const torn = { S3KeyPrefix: "torn/", InputCompressionType: "GZIP", TableName: "torn" };
  expect(await importFrom(torn)).toMatchObject({ ImportStatus: "FAILED", FailureCode: "UNKNOWN" });
  const missing = await importFrom({ TableName: "nowhere", S3Bucket: "missing-bucket" });
  expect(missing).toMatchObject({ ImportStatus: "FAILED", FailureCode: "S3NoSuchBucket" });
  await expect(importFrom({ TableName: "ion", InputFormat: "ION" })).rejects.toThrow(
    "InputFormat ION is not supported by this endpoint",
  );
  const ExportArn = `${TableArn}/export/00000000000000-00000000`;
  await expect(client.send(new DescribeExportCommand({ ExportArn }))).rejects.toBeInstanceOf(
    ExportNotFoundException,
  );
});

/** Imports, and describes the import when it has ended. */
async function importFrom(from: Readonly<Record<string, string>>): Promise<unknown> {
  const { TableName: name = "", S3KeyPrefix, InputCompressionType, InputFormat } = from;
  const { ImportTableDescription: made } = await client.send(
    new ImportTableCommand({
      S3BucketSource: { S3Bucket: from["S3Bucket"] ?? S3Bucket, S3KeyPrefix },
      InputFormat: (InputFormat ?? "DYNAMODB_JSON") as "DYNAMODB_JSON",
      InputCompressionType: (InputCompressionType ?? "NONE") as "NONE",
      TableCreationParameters: { TableName: name, ...definition },
    }),
  );
  const { ImportArn } = made ?? {};
  const { ImportSummaryList } = await client.send(new ListImportsCommand({ PageSize: 25 }));
  expect(ImportSummaryList?.map((each) => each.ImportArn)).toContain(ImportArn);
  return vi.waitFor(async () => {
    const { ImportTableDescription } = await client.send(new DescribeImportCommand({ ImportArn }));
    expect(ImportTableDescription?.ImportStatus).not.toBe("IN_PROGRESS");
    const { Table } = await client.send(new DescribeTableCommand({ TableName: name }));
    expect(Table?.TableStatus).toBe("ACTIVE");
    return ImportTableDescription;
  });
}
