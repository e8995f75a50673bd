import { FirnError } from "@firn/core";
import type { KeySpaceId, ReadView, Transaction } from "@firn/core";
import { checkTableName } from "../catalog/check-table.ts";
import { drawTableId } from "../catalog/make-table.ts";
import type { TableRecord } from "../catalog/table-record.ts";
import { indexesOf } from "../catalog/table-record.ts";
import { tableOfArn } from "../catalog/tags.ts";
import type { EngineContext } from "../engine/engine-context.ts";
import { addEntry } from "../engine/index-entries.ts";
import { ItemImage } from "../engine/item-image.ts";
import { sourceNotFound } from "../engine/table-errors.ts";
import { invalid, tableError } from "../errors.ts";
import { readBackup } from "./backup-engine.ts";
import type {
  RestoreFromBackupRequest,
  RestoreRequest,
  RestoreToPointInTimeRequest,
} from "./backup-requests.ts";
import { copyItems } from "./copy-items.ts";
import { checkRestorable, settleRetention } from "./point-in-time.ts";
import { restoredTable } from "./restored-table.ts";

/**
 * A new table with the items of a backup. It is made at once, and filled in the background.
 * @throws FIRN_TABLE_BACKUP_NOT_FOUND, FIRN_TABLE_BACKUP_IN_USE, FIRN_TABLE_EXISTS,
 * FIRN_TABLE_REQUEST_INVALID.
 */
export async function restoreFromBackup(
  context: EngineContext,
  request: RestoreFromBackupRequest,
): Promise<TableRecord> {
  const backup = await readBackup(context, request.backupArn);
  if (backup.copying !== undefined) {
    throw tableError("FIRN_TABLE_BACKUP_IN_USE", `Backup is being created: ${backup.arn}`);
  }
  return makeRestored(context, request, backup.table, {
    space: backup.space,
    atMs: backup.createdMs,
    sourceTableArn: backup.table.arn,
    sourceBackupArn: backup.arn,
  });
}

/**
 * A new table with the items of another as they were at a moment.
 * @throws FIRN_TABLE_SOURCE_NOT_FOUND, FIRN_TABLE_RECOVERY_UNAVAILABLE, FIRN_TABLE_RESTORE_TIME,
 * FIRN_TABLE_EXISTS, FIRN_TABLE_REQUEST_INVALID.
 */
export async function restoreToPointInTime(
  context: EngineContext,
  request: RestoreToPointInTimeRequest,
): Promise<TableRecord> {
  const { catalog, scope, store } = context;
  const sourceName = sourceNameOf(context, request);
  const { restoreDateTime, useLatestRestorableTime: latest = false } = request;
  if ((restoreDateTime !== undefined) === latest) {
    throw invalid(
      "Invalid Request: Either one of RestoreDateTime or UseLatestRestorableTime must be " +
        "specified, but not both",
    );
  }
  const source = await catalog.find(scope, sourceName);
  if (source === undefined) throw sourceNotFound(sourceName);
  const atMs = restoreDateTime ?? store.clock.now();
  checkRestorable(context, source, atMs);
  const lsn = latest ? store.durableLsn : await store.lsnAt(atMs);
  const { arn: sourceTableArn, space } = source;
  return makeRestored(context, request, source, { space, lsn, atMs, sourceTableArn });
}

function sourceNameOf({ scope }: EngineContext, request: RestoreToPointInTimeRequest): string {
  const { sourceTableName, sourceTableArn } = request;
  if ((sourceTableName === undefined) === (sourceTableArn === undefined)) {
    throw invalid("Invalid Request: Must provide exactly one of: sourceTableArn, sourceTableName");
  }
  return sourceTableName ?? tableOfArn(scope, sourceTableArn ?? "");
}

type Restoring = NonNullable<TableRecord["restoring"]>;

async function makeRestored(
  context: EngineContext,
  request: RestoreRequest,
  ...[source, restoring]: [TableRecord, Restoring]
): Promise<TableRecord> {
  const { catalog, scope, store } = context;
  const { targetTableName: name } = request;
  checkTableName(name);
  const id = drawTableId(store.random);
  const made = await catalog.change(scope, name, (present, tx) => {
    if (present !== undefined) {
      throw tableError("FIRN_TABLE_EXISTS", `Table already exists: ${name}`, { tableName: name });
    }
    return { ...restoredTable(tx, source, { request, scope, id }), restoring };
  });
  const table = made as TableRecord;
  startRestore(context, table);
  return table;
}

/** Fills a table that is being restored, if it is; for new ones, and after a restart. */
export function startRestore(context: EngineContext, table: TableRecord): void {
  const { jobs } = context;
  const { restoring } = table;
  if (restoring === undefined) return;
  jobs.run(table.id, (signal) =>
    jobs.reading(restoring.space, () => fill(context, { table, restoring, signal })),
  );
}

async function fill(
  context: EngineContext,
  job: {
    readonly table: TableRecord;
    readonly restoring: Restoring;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { store } = context;
  const { table, restoring, signal } = job;
  const { space, lsn } = restoring;
  const view: ReadView = lsn === undefined ? store.view() : store.viewAt(lsn);
  const from: KeySpaceId = space;
  try {
    const done = await copyItems(store, {
      view,
      from,
      to: table.space,
      signal,
      write: (tx, entry) => writeRestored(tx, table, entry),
    });
    if (done) await finish(context, table);
    if (done && lsn !== undefined) await leaveSource(context, restoring);
  } catch (error) {
    // The table was deleted before it was whole.
    if (error instanceof FirnError && error.code === "FIRN_KEY_SPACE_NOT_FOUND") return;
    throw error;
  } finally {
    view.close();
  }
}

/** An item with its index entries: after each step what is there is whole. */
function writeRestored(
  tx: Transaction,
  table: TableRecord,
  { key, value }: { readonly key: Uint8Array; readonly value: Uint8Array },
): void {
  tx.put(table.space, key, value);
  const indexes = indexesOf(table);
  if (indexes.length === 0) return;
  const image = ItemImage.ofValue(value);
  for (const index of indexes) addEntry(tx, { table, index }, { key, image });
}

/** The source's past was kept for this, perhaps, when its own recovery had been switched off. */
async function leaveSource(
  context: EngineContext,
  { sourceTableArn, space }: Restoring,
): Promise<void> {
  const { catalog, scope } = context;
  await catalog.change(scope, tableOfArn(scope, sourceTableArn), (source, tx) => {
    if (source?.space === space) settleRetention(context, tx, source);
    return source;
  });
}

async function finish({ catalog, scope }: EngineContext, table: TableRecord): Promise<void> {
  await catalog.change(scope, table.name, (present) => {
    if (present?.id !== table.id) return present;
    const { restoring } = present;
    return { ...present, restoring: undefined, restored: restoring };
  });
}
