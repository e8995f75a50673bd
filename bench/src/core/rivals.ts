import { open } from "node:fs/promises";
import { join } from "node:path";
import { loadRival } from "../harness/rivals.ts";
import { GroupedPuts } from "./durable-map.ts";
import type { DurableMap, OpenDurableMap, Pair } from "./durable-map.ts";

/** Buffers in and out, so that no contender pays for an encoding that another does not have. */
const buffers = { keyEncoding: "buffer", valueEncoding: "buffer" };

interface AbstractLevel {
  open(): Promise<void>;
  batch(operations: readonly object[], options: { sync: boolean }): Promise<void>;
  put(key: Buffer, value: Buffer, options: { sync: boolean }): Promise<void>;
  /** What is not there is `undefined`; some throw from their `get`. */
  getMany(keys: readonly Buffer[]): Promise<(Buffer | undefined)[]>;
  /** Where it has one. */
  getSync?(key: Buffer): Buffer | undefined;
  iterator(range: { gte: Buffer; limit: number }): { all(): Promise<unknown[]> };
  close(): Promise<void>;
}

type AbstractLevelClass = new (directory: string, options: object) => AbstractLevel;

interface Lmdb {
  put(key: Buffer, value: Buffer): Promise<boolean>;
  close(): Promise<void>;
}

interface Sqlite {
  pragma(text: string): unknown;
  exec(sql: string): void;
  prepare(sql: string): { run(...values: Buffer[]): unknown };
  transaction(body: (group: readonly Pair[]) => void): (group: readonly Pair[]) => void;
  close(): void;
}

/** `level`: one batch per group, `sync: true`. */
export const openLevel: OpenDurableMap = async (directory) => {
  const { Level } = await loadRival<{ Level: AbstractLevelClass }>("level");
  const db = new Level(directory, buffers);
  return groupedLevel(db, (key) => db.getSync?.(key)?.length);
};

/** `level` as people use it: each put alone, `sync: true`. */
export const openLevelPlain: OpenDurableMap = async (directory) => {
  const { Level } = await loadRival<{ Level: AbstractLevelClass }>("level");
  const db = new Level(directory, buffers);
  await db.open();
  return { put: (key, value) => db.put(key, value, { sync: true }), close: () => db.close() };
};

/** RocksDB 9.7: one batch per group, its write-ahead log synced. */
export const openRocksDb: OpenDurableMap = async (directory) => {
  const { RocksLevel } = await loadRival<{ RocksLevel: AbstractLevelClass }>("@nxtedition/rocksdb");
  const db = new RocksLevel(directory, buffers);
  return groupedLevel(db, async (key) => (await db.getMany([key]))[0]?.length);
};

/**
 * lmdb-js groups by itself. Without `overlappingSync: false` its promise would resolve when the
 * pair is visible, before it is durable.
 */
export const openLmdb: OpenDurableMap = async (directory) => {
  const { open: openEnvironment } = await loadRival<{ open(options: object): Lmdb }>("lmdb");
  const options = { keyEncoding: "binary", encoding: "binary", overlappingSync: false };
  const db = openEnvironment({ path: join(directory, "data.mdb"), ...options });
  return {
    put: async (key, value) => {
      await db.put(key, value);
    },
    close: () => db.close(),
  };
};

/** better-sqlite3: one transaction per group; WAL with synchronous=FULL syncs each commit. */
export const openSqlite: OpenDurableMap = async (directory) => {
  const { default: Database } = await loadRival<{ default: new (file: string) => Sqlite }>(
    "better-sqlite3",
  );
  const db = new Database(join(directory, "data.db"));
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  db.exec("create table pairs (key blob primary key, value blob not null) without rowid");
  const insert = db.prepare("insert or replace into pairs values (?, ?)");
  const write = db.transaction((group) => {
    for (const { key, value } of group) insert.run(key, value);
  });
  return new GroupedPuts(
    async (group) => write(group),
    async () => db.close(),
  );
};

/** No store at all: groups appended to a file and synced. What the disk and Node allow. */
export const openBareFile: OpenDurableMap = async (directory) => {
  const file = await open(join(directory, "data"), "wx");
  return new GroupedPuts(
    async (group) => {
      await file.writev(group.flatMap(({ key, value }) => [key, value]));
      await file.datasync();
    },
    () => file.close(),
  );
};

async function groupedLevel(
  db: AbstractLevel,
  get: NonNullable<DurableMap["get"]>,
): Promise<DurableMap> {
  await db.open();
  return new GroupedPuts(
    (group) =>
      db.batch(
        group.map(({ key, value }) => ({ type: "put", key, value })),
        { sync: true },
      ),
    () => db.close(),
    { get, page: async (gte, limit) => (await db.iterator({ gte, limit }).all()).length },
  );
}
