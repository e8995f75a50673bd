import {
  BackupNotFoundException,
  CreateBackupCommand,
  CreateTableCommand,
  DeleteBackupCommand,
  DescribeBackupCommand,
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DynamoDBClient,
  InvalidRestoreTimeException,
  ListBackupsCommand,
  PointInTimeRecoveryUnavailableException,
  PutItemCommand,
  RestoreTableFromBackupCommand,
  RestoreTableToPointInTimeCommand,
  ScanCommand,
  TableAlreadyExistsException,
  TableNotFoundException,
  UpdateContinuousBackupsCommand,
} from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { TestServer } from "../support/dynamodb-server.ts";
import { openTestServer } from "../support/dynamodb-server.ts";

const TableName = "books";

let server: TestServer;
let client: DynamoDBClient;

beforeAll(async () => {
  server = await openTestServer();
  await server.firn.store.advanceClock(20 * 365 * 24 * 3600 * 1000);
  client = new DynamoDBClient(server.clientOptions);
  await client.send(
    new CreateTableCommand({
      TableName,
      AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
      BillingMode: "PAY_PER_REQUEST",
    }),
  );
});

afterAll(async () => {
  client?.destroy();
  await server?.close();
});

const put = (version: number): Promise<unknown> =>
  client.send(
    new PutItemCommand({ TableName, Item: { id: { S: "a" }, v: { N: String(version) } } }),
  );

async function versionIn(name: string): Promise<string | undefined> {
  await vi.waitFor(async () => {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: name }));
    expect(Table?.TableStatus).toBe("ACTIVE");
  });
  const { Items } = await client.send(new ScanCommand({ TableName: name }));
  return Items?.[0]?.["v"]?.N;
}

test("a backup is made, described, listed, restored and deleted", async () => {
  await put(1);
  const { BackupDetails } = await client.send(
    new CreateBackupCommand({ TableName, BackupName: "first" }),
  );
  const BackupArn = BackupDetails?.BackupArn ?? "";
  expect(BackupDetails?.BackupCreationDateTime).toBeInstanceOf(Date);
  await put(2);
  await vi.waitFor(async () => {
    const { BackupDescription: described } = await client.send(
      new DescribeBackupCommand({ BackupArn }),
    );
    expect(described?.BackupDetails?.BackupStatus).toBe("AVAILABLE");
    expect(described?.SourceTableDetails).toMatchObject({ TableName, ItemCount: 1 });
  });
  const { BackupSummaries } = await client.send(new ListBackupsCommand({ TableName, Limit: 10 }));
  expect(BackupSummaries).toMatchObject([{ BackupArn, BackupName: "first", BackupType: "USER" }]);
  const { TableDescription } = await client.send(
    new RestoreTableFromBackupCommand({ BackupArn, TargetTableName: "restored" }),
  );
  expect(TableDescription).toMatchObject({
    TableStatus: "CREATING",
    RestoreSummary: { SourceBackupArn: BackupArn, RestoreInProgress: true },
  });
  expect(await versionIn("restored")).toBe("1");
  await expect(
    client.send(new RestoreTableFromBackupCommand({ BackupArn, TargetTableName: TableName })),
  ).rejects.toBeInstanceOf(TableAlreadyExistsException);
  await vi.waitFor(() => client.send(new DeleteBackupCommand({ BackupArn })));
  await expect(client.send(new DescribeBackupCommand({ BackupArn }))).rejects.toBeInstanceOf(
    BackupNotFoundException,
  );
});

test("a table goes back to any second since recovery was enabled", async () => {
  const source = { SourceTableName: TableName, TargetTableName: "past" };
  await expect(
    client.send(new RestoreTableToPointInTimeCommand({ ...source, UseLatestRestorableTime: true })),
  ).rejects.toBeInstanceOf(PointInTimeRecoveryUnavailableException);
  const PointInTimeRecoverySpecification = { PointInTimeRecoveryEnabled: true };
  const { ContinuousBackupsDescription: enabled } = await client.send(
    new UpdateContinuousBackupsCommand({ TableName, PointInTimeRecoverySpecification }),
  );
  expect(enabled?.PointInTimeRecoveryDescription).toMatchObject({
    PointInTimeRecoveryStatus: "ENABLED",
    RecoveryPeriodInDays: 35,
  });
  await put(3);
  const RestoreDateTime = new Date(server.firn.store.clock.now());
  await server.firn.store.advanceClock(1000);
  await put(4);
  await client.send(new RestoreTableToPointInTimeCommand({ ...source, RestoreDateTime }));
  expect(await versionIn("past")).toBe("3");
  const { ContinuousBackupsDescription: described } = await client.send(
    new DescribeContinuousBackupsCommand({ TableName }),
  );
  const { LatestRestorableDateTime: latest } = described?.PointInTimeRecoveryDescription ?? {};
  expect(latest).toBeInstanceOf(Date);
  await expect(
    client.send(
      new RestoreTableToPointInTimeCommand({
        SourceTableName: TableName,
        TargetTableName: "future",
        RestoreDateTime: new Date((latest?.getTime() ?? 0) + 60_000),
      }),
    ),
  ).rejects.toBeInstanceOf(InvalidRestoreTimeException);
});

test("what is not there, or not well formed, gets the service's own error", async () => {
  await expect(
    client.send(new CreateBackupCommand({ TableName: "missing", BackupName: "first" })),
  ).rejects.toBeInstanceOf(TableNotFoundException);
  await expect(
    client.send(new CreateBackupCommand({ TableName, BackupName: "a b" })),
  ).rejects.toThrow("failed to satisfy constraint: Member must satisfy regular expression pattern");
  const BackupArn = "arn:aws:dynamodb:us-east-1:000000000000:table/books/backup/nonsense";
  await expect(client.send(new DescribeBackupCommand({ BackupArn }))).rejects.toThrow(
    "Invalid Backup ARN",
  );
});
