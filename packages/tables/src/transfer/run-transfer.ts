import { FirnError } from "@firn/core";
import { settleRetention } from "../backup/point-in-time.ts";
import type { EngineContext } from "../engine/engine-context.ts";
import { writeExport } from "./export-files.ts";
import { importItems } from "./import-items.ts";
import type { ExportRecord, ImportRecord } from "./transfer-records.ts";

/* What exports and imports do behind their requests. A failure that a restart would not mend is
 * written into the record; what the end of the process breaks off begins anew. */

type Failure = NonNullable<ExportRecord["failure"]>;

export function startExport(context: EngineContext, record: ExportRecord): void {
  if (record.status !== "IN_PROGRESS") return;
  context.jobs.run(record.arn, (signal) => runExport(context, record, signal));
}

async function runExport(
  context: EngineContext,
  record: ExportRecord,
  signal: AbortSignal,
): Promise<void> {
  const { catalog, jobs, objects } = context;
  const { scope, tableName } = record;
  const table = await catalog.find(scope, tableName);
  if (table?.id !== record.tableId || objects === undefined) {
    return finishExport(context, record, { failure: GONE });
  }
  await jobs.reading(table.space, async () => {
    try {
      const files = await writeExport(context, objects, { table, record, signal });
      await finishExport(context, record, files);
    } catch (error) {
      if (signal.aborted) return;
      await finishExport(context, record, { failure: failureOf(error) });
    }
    await catalog.change(scope, tableName, (present, tx) => {
      if (present?.id === table.id) settleRetention(context, tx, present);
      return present;
    });
  });
}

async function finishExport(
  { store, transfers }: EngineContext,
  record: ExportRecord,
  result: Partial<ExportRecord>,
): Promise<void> {
  const status = result.failure === undefined ? "COMPLETED" : "FAILED";
  await store.transact((tx) => transfers.put(tx, { ...record, ...result, status, endMs: tx.now }));
}

export function startImport(context: EngineContext, record: ImportRecord): void {
  if (record.status !== "IN_PROGRESS") return;
  context.jobs.run(record.arn, (signal) => runImport(context, record, signal));
}

async function runImport(
  context: EngineContext,
  record: ImportRecord,
  signal: AbortSignal,
): Promise<void> {
  const { catalog, objects } = context;
  const table = await catalog.find(record.scope, record.tableName);
  if (table?.id !== record.tableId || objects === undefined) {
    return finishImport(context, record, { failure: GONE });
  }
  try {
    const counts = await importItems(context, objects, { table, record, signal });
    await finishImport(context, record, counts);
  } catch (error) {
    if (signal.aborted) return;
    await finishImport(context, record, { failure: failureOf(error) });
  }
}

/** The table is there from now on; after a failure with what had been imported. */
async function finishImport(
  { catalog, transfers }: EngineContext,
  record: ImportRecord,
  result: Partial<ImportRecord>,
): Promise<void> {
  const status = result.failure === undefined ? "COMPLETED" : "FAILED";
  await catalog.change(record.scope, record.tableName, (present, tx) => {
    transfers.put(tx, { ...record, ...result, status, endMs: tx.now });
    return present?.id === record.tableId ? { ...present, importing: undefined } : present;
  });
}

/** What an opened store has to go on with. */
export async function resumeTransfers(context: EngineContext): Promise<void> {
  const view = context.store.view();
  try {
    for await (const record of context.transfers.all(view)) {
      const scoped = { ...context, scope: record.scope };
      if (record.kind === "export") startExport(scoped, record);
      else startImport(scoped, record);
    }
  } finally {
    view.close();
  }
}

const GONE: Failure = { code: "ResourceNotFound", message: "The table is gone" };

function failureOf(error: unknown): Failure {
  if (error instanceof FirnError) {
    const missing = error.code === "FIRN_BUCKET_NOT_FOUND";
    return { code: missing ? "S3NoSuchBucket" : "UNKNOWN", message: error.message };
  }
  return { code: "UNKNOWN", message: error instanceof Error ? error.message : String(error) };
}
