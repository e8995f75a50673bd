import { rm } from "node:fs/promises";
import { makeTemporaryDirectory, openStore } from "@firn/core";
import type { Store } from "@firn/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Tables } from "../client/tables.ts";
import { DELETED_TABLE_BACKUP_MS } from "../constants.ts";

let directory: string;
let store: Store;
let tables: Tables;

async function open(): Promise<void> {
  store = await openStore({ directory, ephemeral: true, clockMode: { kind: "manual" } });
  tables = await Tables.open({ store });
}

async function close(): Promise<void> {
  await tables.close();
  await store.close();
}

beforeEach(async () => {
  directory = await makeTemporaryDirectory();
  await open();
  await store.advanceClock(20 * 365 * 24 * 3600 * 1000);
  await tables.createTable({
    tableName: "books",
    attributeDefinitions: [
      { attributeName: "id", attributeType: "N" },
      { attributeName: "shelf", attributeType: "S" },
    ],
    keySchema: [{ attributeName: "id", keyType: "HASH" }],
    billingMode: "PAY_PER_REQUEST",
    tags: [{ key: "team", value: "library" }],
    globalSecondaryIndexes: [
      {
        indexName: "by-shelf",
        keySchema: [{ attributeName: "shelf", keyType: "HASH" }],
        projection: { projectionType: "ALL" },
      },
    ],
  });
});

afterEach(async () => {
  await close();
  await rm(directory, { recursive: true });
});

interface Book {
  readonly id: number;
  readonly shelf: string;
  readonly version: number;
}

const put = (id: number, version: number): Promise<unknown> =>
  tables.putItem({ tableName: "books", item: { id, version, shelf: `s${id % 2}` } });

async function fill(count: number, version: number): Promise<void> {
  for (let id = 0; id < count; id++) await put(id, version);
}

async function versions(tableName: string): Promise<number[]> {
  const items = await tables.scan<Book>({ tableName }).toArray();
  return items.sort((a, b) => a.id - b.id).map(({ version }) => version);
}

const isActive = (tableName: string): Promise<void> =>
  vi.waitFor(async () => {
    const { tableStatus } = await tables.describeTable({ tableName });
    expect(tableStatus).toBe("ACTIVE");
  });

async function isAvailable(backupArn: string): Promise<void> {
  await vi.waitFor(async () => {
    const { backupDetails } = await tables.engine.backups.describeBackup({ backupArn });
    expect(backupDetails.backupStatus).toBe("AVAILABLE");
  });
}

const backUp = async (): Promise<string> => {
  const made = await tables.engine.backups.createBackup({ tableName: "books", backupName: "b1" });
  expect(made.backupStatus).toBe("CREATING");
  return made.backupArn;
};

test("a backup holds the table as it was at the call, whatever is written while it is copied", async () => {
  await fill(250, 1);
  const backupArn = await backUp();
  expect(spaceHistory()).toBe(true);
  await fill(250, 2);
  await isAvailable(backupArn);
  const { backupDetails, sourceTableDetails } = await tables.engine.backups.describeBackup({
    backupArn,
  });
  expect(sourceTableDetails).toMatchObject({ tableName: "books", itemCount: 250 });
  expect(backupDetails.backupSizeBytes).toBeGreaterThan(250 * 10);
  const made = await tables.engine.restoreTableFromBackup({ backupArn, targetTableName: "again" });
  expect(made).toMatchObject({
    tableStatus: "CREATING",
    restoreSummary: { restoreInProgress: true, sourceBackupArn: backupArn },
  });
  await isActive("again");
  expect(await versions("again")).toEqual(Array.from({ length: 250 }, () => 1));
  expect(await versions("books")).toEqual(Array.from({ length: 250 }, () => 2));
  const byShelf = tables.query<Book>({
    tableName: "again",
    indexName: "by-shelf",
    keyConditionExpression: "shelf = :s",
    expressionAttributeValues: { ":s": "s1" },
  });
  expect(await byShelf.toArray()).toHaveLength(125);
  const described = await tables.describeTable({ tableName: "again" });
  expect(described.restoreSummary?.restoreInProgress).toBe(false);
  const { tags } = await tables.listTagsOfResource({ resourceArn: described.tableArn });
  expect(tags).toEqual([]);
  // The past of a table without point-in-time recovery is kept no longer.
  expect(spaceHistory()).toBe(false);
});

/** Whether any of the first key spaces keeps its past. */
function spaceHistory(): boolean {
  for (let space = 16; space < 64; space++) {
    try {
      if (store.retention(space) !== undefined) return true;
    } catch {
      // No such key space.
    }
  }
  return false;
}

test("copies and restores that were broken off go on after a restart", async () => {
  await fill(300, 1);
  const backupArn = await backUp();
  // In one group: the copy has hardly begun.
  await Promise.all(Array.from({ length: 300 }, (_, id) => put(id, 9)));
  await close();
  await open();
  await isAvailable(backupArn);
  await tables.engine.restoreTableFromBackup({ backupArn, targetTableName: "again" });
  await expect(tables.scan({ tableName: "again" }).toArray()).rejects.toThrow(
    "Requested resource not found",
  );
  await close();
  await open();
  await isActive("again");
  expect(await versions("again")).toEqual(Array.from({ length: 300 }, () => 1));
});

test("a backup outlives its table; what is being copied cannot go", async () => {
  await fill(120, 1);
  const backupArn = await backUp();
  await expect(tables.deleteTable({ tableName: "books" })).rejects.toMatchObject({
    code: "FIRN_TABLE_IN_USE",
  });
  await expect(tables.engine.backups.deleteBackup({ backupArn })).rejects.toMatchObject({
    code: "FIRN_TABLE_BACKUP_IN_USE",
  });
  await isAvailable(backupArn);
  await tables.deleteTable({ tableName: "books" });
  const { backupSummaries } = await tables.engine.backups.listBackups({ tableName: "books" });
  expect(backupSummaries).toMatchObject([{ backupArn, backupName: "b1", tableName: "books" }]);
  await tables.engine.restoreTableFromBackup({ backupArn, targetTableName: "books" });
  await isActive("books");
  expect(await versions("books")).toHaveLength(120);
  await vi.waitFor(() => tables.engine.backups.deleteBackup({ backupArn }));
  await expect(tables.engine.backups.describeBackup({ backupArn })).rejects.toMatchObject({
    code: "FIRN_TABLE_BACKUP_NOT_FOUND",
  });
});

test("a table is restored to any second of its window", async () => {
  const { engine } = tables;
  await expect(
    engine.restoreTableToPointInTime({
      sourceTableName: "books",
      targetTableName: "early",
      useLatestRestorableTime: true,
    }),
  ).rejects.toMatchObject({ code: "FIRN_TABLE_RECOVERY_UNAVAILABLE" });
  await fill(10, 0);
  const enabled = await engine.updateContinuousBackups({
    tableName: "books",
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true, recoveryPeriodInDays: 1 },
  });
  expect(enabled.pointInTimeRecoveryDescription.pointInTimeRecoveryStatus).toBe("ENABLED");
  const times: number[] = [];
  for (let version = 1; version <= 5; version++) {
    await store.advanceClock(1000);
    await fill(10, version);
    if (version === 3) await tables.deleteItem({ tableName: "books", key: { id: 9 } });
    times.push(store.clock.now());
  }
  for (const [i, restoreDateTime] of times.entries()) {
    const targetTableName = `at-${i}`;
    const moment = { sourceTableName: "books", targetTableName, restoreDateTime };
    await engine.restoreTableToPointInTime(moment);
    await isActive(targetTableName);
    const expected = Array.from({ length: i === 2 ? 9 : 10 }, () => i + 1);
    expect(await versions(targetTableName)).toEqual(expected);
  }
  const outside = [(times[0] as number) - 60_000, store.clock.now() + 1];
  for (const restoreDateTime of outside) {
    await expect(
      engine.restoreTableToPointInTime({
        sourceTableName: "books",
        targetTableName: "never",
        restoreDateTime,
      }),
    ).rejects.toMatchObject({ code: "FIRN_TABLE_RESTORE_TIME" });
  }
});

test("a deleted table that could be restored leaves a backup for 35 days", async () => {
  const { engine } = tables;
  await engine.updateContinuousBackups({
    tableName: "books",
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
  });
  await fill(5, 1);
  await tables.deleteTable({ tableName: "books" });
  const { backupSummaries } = await engine.backups.listBackups({ backupType: "SYSTEM" });
  expect(backupSummaries).toMatchObject([{ backupName: "books$DeletedTableBackup" }]);
  const backupArn = backupSummaries[0]?.backupArn ?? "";
  await expect(engine.backups.deleteBackup({ backupArn })).rejects.toThrow("system backup");
  await engine.restoreTableFromBackup({ backupArn, targetTableName: "books" });
  await isActive("books");
  expect(await versions("books")).toHaveLength(5);
  await store.advanceClock(DELETED_TABLE_BACKUP_MS);
  await expect(engine.backups.describeBackup({ backupArn })).rejects.toThrow("Backup not found");
});

test("overrides choose indexes and capacity, and contradictions are refused", async () => {
  await fill(3, 1);
  const backupArn = await backUp();
  await isAvailable(backupArn);
  const { engine } = tables;
  const restore = (more: object): Promise<unknown> =>
    engine.restoreTableFromBackup({ backupArn, targetTableName: "other", ...more });
  const units = { readCapacityUnits: 3, writeCapacityUnits: 4 };
  const index = {
    indexName: "missing",
    keySchema: [],
    projection: { projectionType: "ALL" as const },
  };
  const refused: [object, string][] = [
    [{ provisionedThroughputOverride: units }, "unless BillingMode is PROVISIONED"],
    [{ billingModeOverride: "PROVISIONED" }, "Must override ProvisionedThroughput"],
    [{ globalSecondaryIndexOverride: [index] }, "Index missing does not match"],
    [{ targetTableName: "books" }, "Table already exists: books"],
    [{ backupArn: "nonsense" }, "Invalid Backup ARN"],
    [{ backupArn: backupArn.replace(/.$/, "z") }, "Invalid Backup ARN"],
  ];
  for (const [more, text] of refused) await expect(restore(more)).rejects.toThrow(text);
  await restore({
    billingModeOverride: "PROVISIONED",
    provisionedThroughputOverride: units,
    globalSecondaryIndexOverride: [],
  });
  await isActive("other");
  const described = await tables.describeTable({ tableName: "other" });
  expect(described.provisionedThroughput).toMatchObject(units);
  expect(described.globalSecondaryIndexes).toBeUndefined();
});
