import type { Transaction } from "@firn/core";
import type { TableRecord } from "../catalog/table-record.ts";
import {
  BACKUP_COPY_RETENTION_MS,
  BACKUPS_PAGE_MAX,
  DELETED_TABLE_BACKUP_MS,
} from "../constants.ts";
import type { EngineContext } from "../engine/engine-context.ts";
import { StoredItem } from "../engine/stored-item.ts";
import { sourceNotFound } from "../engine/table-errors.ts";
import { invalid, tableError } from "../errors.ts";
import { parseBackupArn } from "./backup-catalog.ts";
import type { BackupRecord } from "./backup-record.ts";
import type {
  BackupDescription,
  BackupDetails,
  CreateBackupRequest,
  ListBackupsAnswer,
  ListBackupsRequest,
} from "./backup-requests.ts";
import { copyItems } from "./copy-items.ts";
import { describeBackup, detailsOf, summaryOf } from "./describe-backup.ts";
import { settleRetention } from "./point-in-time.ts";

/**
 * Backups of tables on demand. A backup is the table as of one LSN, copied in the background into a
 * key space of its own: afterwards it needs neither the table nor its history.
 */
export class BackupEngine {
  readonly #context: EngineContext;

  constructor(context: EngineContext) {
    this.#context = context;
  }

  /**
   * The moment is that of the call; the copy is made afterwards, and goes on after a restart.
   * @throws FIRN_TABLE_SOURCE_NOT_FOUND.
   */
  async createBackup(request: CreateBackupRequest): Promise<BackupDetails> {
    const { catalog, scope, store, backups } = this.#context;
    const { tableName, backupName: name } = request;
    const chance = Buffer.from(store.random.bytes(4)).toString("hex");
    let made: BackupRecord | undefined;
    await catalog.change(scope, tableName, (table, tx) => {
      if (table === undefined || table.restoring !== undefined) throw sourceNotFound(tableName);
      const id = `${String(tx.now).padStart(14, "0")}-${chance}`;
      made = {
        arn: `${table.arn}/backup/${id}`,
        name,
        scope,
        type: "USER",
        createdMs: tx.now,
        table,
        space: tx.createKeySpace(),
        copying: { lsn: tx.lsn },
        items: 0,
        bytes: 0,
      };
      backups.put(tx, made);
      // The past is kept until it is copied, whoever writes to the table meanwhile.
      if (table.recovery === undefined) {
        tx.setRetention(table.space, { ms: BACKUP_COPY_RETENTION_MS });
      }
      return table;
    });
    const record = made as unknown as BackupRecord;
    startCopy(this.#context, record);
    return detailsOf(record);
  }

  /** @throws FIRN_TABLE_BACKUP_NOT_FOUND, FIRN_TABLE_REQUEST_INVALID. */
  async describeBackup(request: { readonly backupArn: string }): Promise<BackupDescription> {
    return describeBackup(await readBackup(this.#context, request.backupArn));
  }

  /** By table and age. */
  async listBackups(request: ListBackupsRequest = {}): Promise<ListBackupsAnswer> {
    const { scope, store, backups } = this.#context;
    const { tableName, limit = BACKUPS_PAGE_MAX, backupType = "USER" } = request;
    const { timeRangeLowerBound: from = 0, timeRangeUpperBound: to = Infinity } = request;
    const start = request.exclusiveStartBackupArn;
    if (from > to) {
      throw invalid(
        "One or more parameter values were invalid: Time range lower bound must be less than or " +
          "equal to upper bound",
      );
    }
    if (start !== undefined && parseBackupArn(start) === undefined) throw invalidArn();
    const listed: BackupRecord[] = [];
    const view = store.view();
    try {
      for await (const record of backups.list(view, { scope, tableName }, start)) {
        const { createdMs, type } = record;
        if (createdMs < from || createdMs >= to || isExpired(this.#context, record)) continue;
        if (backupType !== "ALL" && backupType !== type) continue;
        if (listed.length === limit) {
          const last = listed.at(-1)?.arn;
          return { backupSummaries: listed.map(summaryOf), lastEvaluatedBackupArn: last };
        }
        listed.push(record);
      }
      return { backupSummaries: listed.map(summaryOf) };
    } finally {
      view.close();
    }
  }

  /**
   * @throws FIRN_TABLE_BACKUP_NOT_FOUND, FIRN_TABLE_BACKUP_IN_USE while it is made or restored,
   * FIRN_TABLE_REQUEST_INVALID.
   */
  async deleteBackup(request: { readonly backupArn: string }): Promise<BackupDescription> {
    const { store, backups, jobs } = this.#context;
    const { backupArn: arn } = request;
    const { space, type, copying, expiresMs } = await readBackup(this.#context, arn);
    if (type === "SYSTEM") {
      const until = new Date(expiresMs ?? 0).toISOString();
      throw invalid(
        `Invalid Request: User is not allowed to delete the system backup with arn ${arn}. ` +
          `It will automatically expire on ${until}`,
      );
    }
    const isCopied = copying !== undefined && jobs.isRunning(arn);
    if (isCopied || jobs.isRead(space)) {
      throw tableError("FIRN_TABLE_BACKUP_IN_USE", `Backup is being used: ${arn}`, { arn });
    }
    const removed = await store.transact((tx) => {
      const present = backups.get(tx, arn);
      if (present === undefined) throw backupNotFound(arn);
      backups.remove(tx, present);
      return present;
    });
    return describeBackup(removed, "DELETED");
  }
}

/** @throws FIRN_TABLE_BACKUP_NOT_FOUND, FIRN_TABLE_REQUEST_INVALID. */
export async function readBackup(context: EngineContext, arn: string): Promise<BackupRecord> {
  const { scope, store, backups } = context;
  const name = parseBackupArn(arn);
  if (name === undefined) throw invalidArn();
  const { accountId, region } = name.scope;
  const view = store.view();
  try {
    const known = accountId === scope.accountId && region === scope.region;
    const record = known ? await backups.read(view, arn) : undefined;
    if (record === undefined || isExpired(context, record)) throw backupNotFound(arn);
    return record;
  } finally {
    view.close();
  }
}

/** What an opened store has to go on with: unfinished copies, and backups that are over. */
export async function resumeBackups(context: EngineContext): Promise<void> {
  const { store, backups } = context;
  const view = store.view();
  try {
    for await (const record of backups.all(view)) {
      if (record.copying !== undefined) startCopy(context, record);
      if (isExpired(context, record)) {
        await store.transact((tx) => {
          if (backups.get(tx, record.arn) !== undefined) backups.remove(tx, record);
        });
      }
    }
  } finally {
    view.close();
  }
}

/**
 * A table that could be restored to a point in time leaves a backup when it is deleted: its items
 * stay where they are, and go 35 days later.
 */
export function keepDeleted(context: EngineContext, tx: Transaction, table: TableRecord): void {
  const { backups, scope } = context;
  const id = `${String(tx.now).padStart(14, "0")}-${table.id.slice(0, 8)}`;
  tx.setRetention(table.space, undefined);
  backups.put(tx, {
    arn: `${table.arn}/backup/${id}`,
    name: `${table.name}$DeletedTableBackup`,
    scope,
    type: "SYSTEM",
    createdMs: tx.now,
    expiresMs: tx.now + DELETED_TABLE_BACKUP_MS,
    table,
    space: table.space,
    items: 0,
    bytes: 0,
  });
}

function startCopy(context: EngineContext, record: BackupRecord): void {
  const { jobs, store } = context;
  const { table, space, copying } = record;
  if (copying === undefined) return;
  jobs.run(record.arn, (signal) =>
    jobs.reading(table.space, async () => {
      const view = store.viewAt(copying.lsn);
      try {
        const write = (tx: Transaction, entry: { key: Uint8Array; value: Uint8Array }): void =>
          tx.put(space, entry.key, entry.value);
        const done = await copyItems(store, { view, from: table.space, to: space, signal, write });
        if (done) await finishCopy(context, record);
      } finally {
        view.close();
      }
    }),
  );
}

async function finishCopy(context: EngineContext, record: BackupRecord): Promise<void> {
  const { catalog, store, backups } = context;
  let items = 0;
  let bytes = 0;
  const view = store.view();
  try {
    for await (const { value } of view.range(record.space)) {
      items++;
      bytes += StoredItem.decode(value).bytes;
    }
  } finally {
    view.close();
  }
  await catalog.change(record.scope, record.table.name, (table, tx) => {
    if (backups.get(tx, record.arn) !== undefined) {
      backups.put(tx, { ...record, copying: undefined, items, bytes });
    }
    if (table?.id === record.table.id) settleRetention(context, tx, table);
    return table;
  });
}

function isExpired({ store }: EngineContext, { expiresMs }: BackupRecord): boolean {
  return expiresMs !== undefined && store.clock.now() >= expiresMs;
}

function invalidArn(): Error {
  return invalid("Invalid Backup ARN");
}

function backupNotFound(arn: string): Error {
  return tableError("FIRN_TABLE_BACKUP_NOT_FOUND", `Backup not found: ${arn}`, { arn });
}
