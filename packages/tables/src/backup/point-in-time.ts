import type { Retention, Transaction } from "@firn/core";
import type { TableRecord } from "../catalog/table-record.ts";
import { RECOVERY_DAYS_MAX } from "../constants.ts";
import type { EngineContext } from "../engine/engine-context.ts";
import { sourceNotFound } from "../engine/table-errors.ts";
import { invalid, tableError } from "../errors.ts";
import type {
  ContinuousBackupsDescription,
  UpdateContinuousBackupsRequest,
} from "./backup-requests.ts";

/* Point-in-time recovery: the key space of a table keeps its history, and every moment of it can be
 * looked at. */

const DAY_MS = 24 * 60 * 60 * 1000;

/** What a table's key space is to keep of its past. */
export function recoveryRetention({ recovery }: TableRecord): Retention | undefined {
  return recovery === undefined ? undefined : { ms: recovery.days * DAY_MS };
}

/** Brings a table's history down to what recovery needs, when its last reader is done. */
export function settleRetention(
  { jobs }: EngineContext,
  tx: Transaction,
  table: TableRecord,
): void {
  if (jobs.isLastReader(table.space)) tx.setRetention(table.space, recoveryRetention(table));
}

/**
 * From this call on every moment can be restored, or none any more.
 * @throws FIRN_TABLE_SOURCE_NOT_FOUND, FIRN_TABLE_REQUEST_INVALID.
 */
export async function updateContinuousBackups(
  context: EngineContext,
  request: UpdateContinuousBackupsRequest,
): Promise<ContinuousBackupsDescription> {
  const { catalog, scope, jobs } = context;
  const { tableName, pointInTimeRecoverySpecification: wanted } = request;
  const { pointInTimeRecoveryEnabled: enabled, recoveryPeriodInDays: days } = wanted;
  if (!enabled && days !== undefined) {
    throw invalid(
      "Invalid Request: Cannot specify RecoveryPeriodInDays when disabling point-in-time recovery.",
    );
  }
  const changed = await catalog.change(scope, tableName, (table, tx) => {
    if (table === undefined || table.restoring !== undefined) throw sourceNotFound(tableName);
    const since = table.recovery?.sinceMs ?? tx.now;
    const recovery = enabled
      ? { sinceMs: since, days: days ?? table.recovery?.days ?? RECOVERY_DAYS_MAX }
      : undefined;
    const next = { ...table, recovery };
    // A backup that is being copied needs the past too; it gives it up when it is done.
    if (enabled || !jobs.isRead(table.space)) {
      tx.setRetention(table.space, recoveryRetention(next));
    }
    return next;
  });
  return describe(context, changed as TableRecord);
}

/** @throws FIRN_TABLE_SOURCE_NOT_FOUND. */
export async function describeContinuousBackups(
  context: EngineContext,
  tableName: string,
): Promise<ContinuousBackupsDescription> {
  const table = await context.catalog.find(context.scope, tableName);
  if (table === undefined) throw sourceNotFound(tableName);
  return describe(context, table);
}

function describe(context: EngineContext, table: TableRecord): ContinuousBackupsDescription {
  const { recovery } = table;
  const bounds = restorable(context, table);
  return {
    continuousBackupsStatus: "ENABLED",
    pointInTimeRecoveryDescription:
      recovery === undefined || bounds === undefined
        ? { pointInTimeRecoveryStatus: "DISABLED" }
        : {
            pointInTimeRecoveryStatus: "ENABLED",
            recoveryPeriodInDays: recovery.days,
            earliestRestorableDateTime: bounds.earliestMs,
            latestRestorableDateTime: bounds.latestMs,
          },
  };
}

/** The moments that a table can be restored to; `undefined` when recovery is not enabled. */
export function restorable(
  { store }: EngineContext,
  { recovery, space }: TableRecord,
): { readonly earliestMs: number; readonly latestMs: number } | undefined {
  if (recovery === undefined) return undefined;
  const latestMs = store.clock.now();
  const keptMs = Math.max(recovery.sinceMs, store.retention(space)?.fromTime ?? 0);
  return { earliestMs: Math.max(keptMs, latestMs - recovery.days * DAY_MS), latestMs };
}

/**
 * Checks that a moment can be looked at.
 * @throws FIRN_TABLE_RECOVERY_UNAVAILABLE, FIRN_TABLE_RESTORE_TIME.
 */
export function checkRestorable(context: EngineContext, table: TableRecord, timeMs: number): void {
  const bounds = restorable(context, table);
  if (bounds === undefined) {
    throw tableError(
      "FIRN_TABLE_RECOVERY_UNAVAILABLE",
      `Point in time recovery is not enabled for table '${table.name}'`,
    );
  }
  if (timeMs >= bounds.earliestMs && timeMs <= bounds.latestMs) return;
  throw tableError(
    "FIRN_TABLE_RESTORE_TIME",
    "RestoreDateTime is outside of the window from EarliestRestorableDateTime to " +
      "LatestRestorableDateTime",
    bounds,
  );
}
