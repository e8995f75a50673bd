import type { OpenDurableMap } from "./durable-map.ts";
import { openFirn, openFirnOnLevel, openFirnSealed } from "./firn.ts";
import {
  openBareFile,
  openLevel,
  openLevelPlain,
  openLmdb,
  openRocksDb,
  openSqlite,
} from "./rivals.ts";

/** By the name in the results. */
export const ownContenders: Readonly<Record<string, OpenDurableMap>> = {
  firn: openFirn,
  "firn, level": openFirnOnLevel,
  "file, append and fdatasync": openBareFile,
};

/** Beside `firn` only: what encryption costs. */
export const sealedContenders: Readonly<Record<string, OpenDurableMap>> = {
  "firn, encrypted": openFirnSealed,
};

/** Absent until bench/rivals is set up. */
export const rivalContenders: Readonly<Record<string, OpenDurableMap>> = {
  "rocksdb, sync, grouped": openRocksDb,
  "level, sync, grouped": openLevel,
  "level, sync, plain": openLevelPlain,
  "lmdb, durable": openLmdb,
  "better-sqlite3, WAL, FULL, grouped": openSqlite,
};
