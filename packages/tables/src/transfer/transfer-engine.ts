import { FirnError } from "@firn/core";
import { restorable } from "../backup/point-in-time.ts";
import { checkCreateTable } from "../catalog/check-table.ts";
import { drawTableId, makeTable } from "../catalog/make-table.ts";
import type { TableRecord } from "../catalog/table-record.ts";
import { tableOfArn } from "../catalog/tags.ts";
import { TRANSFERS_PAGE_MAX } from "../constants.ts";
import type { EngineContext } from "../engine/engine-context.ts";
import { sourceNotFound } from "../engine/table-errors.ts";
import { invalid, tableError } from "../errors.ts";
import { describeExport, describeImport } from "./describe-transfer.ts";
import { startExport, startImport } from "./run-transfer.ts";
import type { TableObjects } from "./table-objects.ts";
import { parseTransferArn } from "./transfer-catalog.ts";
import type { ExportRecord, ImportRecord } from "./transfer-records.ts";
import type {
  ExportDescription,
  ExportTableRequest,
  ImportDescription,
  ImportTableRequest,
  ListTransfersRequest,
} from "./transfer-requests.ts";

/** Exports to the object store, and imports from it. Both go on after a restart. */
export class TransferEngine {
  readonly #context: EngineContext;

  constructor(context: EngineContext) {
    this.#context = context;
  }

  /**
   * A table as of a moment of its recovery window, or what changed between two.
   * @throws FIRN_TABLE_SOURCE_NOT_FOUND, FIRN_TABLE_RECOVERY_UNAVAILABLE, FIRN_TABLE_EXPORT_TIME,
   * FIRN_TABLE_EXPORT_CONFLICT, FIRN_TABLE_REQUEST_INVALID.
   */
  async exportTable(request: ExportTableRequest): Promise<ExportDescription> {
    const { catalog, scope, store, transfers } = this.#context;
    this.#objects();
    const tableName = tableOfArn(scope, request.tableArn);
    const table = await catalog.find(scope, tableName);
    if (table === undefined || table.restoring !== undefined) throw sourceNotFound(tableName);
    const known = await this.#known(table, request);
    if (known !== undefined) return describeExport(known);
    const chance = Buffer.from(store.random.bytes(4)).toString("hex");
    const moments = await this.#moments(table, request);
    const record = await store.transact((tx) => {
      const made: ExportRecord = {
        kind: "export",
        arn: `${table.arn}/export/${String(tx.now).padStart(14, "0")}-${chance}`,
        scope,
        status: "IN_PROGRESS",
        startMs: tx.now,
        tableName,
        tableArn: table.arn,
        tableId: table.id,
        bucket: request.s3Bucket,
        prefix: request.s3Prefix ?? "",
        token: request.clientToken,
        ...moments,
        items: 0,
        bytes: 0,
      };
      transfers.put(tx, made);
      return made;
    });
    startExport(this.#context, record);
    return describeExport(record);
  }

  /** @throws FIRN_TABLE_EXPORT_NOT_FOUND, FIRN_TABLE_REQUEST_INVALID. */
  async describeExport(request: { readonly exportArn: string }): Promise<ExportDescription> {
    return describeExport(await this.#read("export", request.exportArn));
  }

  /** By table and age. */
  async listExports(request: ListTransfersRequest = {}): Promise<{
    readonly exports: readonly ExportDescription[];
    readonly nextToken?: string | undefined;
  }> {
    const { records, nextToken } = await this.#list("export", request);
    return { exports: records.map(describeExport), nextToken };
  }

  /**
   * A new table with the items that objects hold, one on each line: `{"Item": …}`.
   * @throws FIRN_TABLE_IN_USE, FIRN_TABLE_REQUEST_INVALID.
   */
  async importTable(request: ImportTableRequest): Promise<ImportDescription> {
    const { catalog, scope, store, transfers } = this.#context;
    this.#objects();
    const { tableCreationParameters: wanted } = request;
    checkCreateTable(wanted);
    const id = drawTableId(store.random);
    const chance = Buffer.from(store.random.bytes(4)).toString("hex");
    let record: ImportRecord | undefined;
    await catalog.change(scope, wanted.tableName, (present, tx) => {
      if (present !== undefined) {
        throw tableError("FIRN_TABLE_IN_USE", `Table already exists: ${wanted.tableName}`);
      }
      const table = makeTable(tx, wanted, { scope, id });
      const arn = `${table.arn}/import/${String(tx.now).padStart(14, "0")}-${chance}`;
      record = {
        kind: "import",
        arn,
        scope,
        status: "IN_PROGRESS",
        startMs: tx.now,
        tableName: table.name,
        tableArn: table.arn,
        tableId: table.id,
        bucket: request.s3Bucket,
        prefix: request.s3KeyPrefix ?? "",
        token: request.clientToken,
        compression: request.inputCompressionType ?? "NONE",
        table: wanted,
        processedBytes: 0,
        processedItems: 0,
        importedItems: 0,
        errors: 0,
      };
      transfers.put(tx, record);
      return { ...table, importing: arn };
    });
    const made = record as unknown as ImportRecord;
    startImport(this.#context, made);
    return describeImport(made);
  }

  /** @throws FIRN_TABLE_IMPORT_NOT_FOUND, FIRN_TABLE_REQUEST_INVALID. */
  async describeImport(request: { readonly importArn: string }): Promise<ImportDescription> {
    return describeImport(await this.#read("import", request.importArn));
  }

  /** By table and age. */
  async listImports(request: ListTransfersRequest = {}): Promise<{
    readonly imports: readonly ImportDescription[];
    readonly nextToken?: string | undefined;
  }> {
    const { records, nextToken } = await this.#list("import", request);
    return { imports: records.map(describeImport), nextToken };
  }

  #objects(): TableObjects {
    const { objects } = this.#context;
    if (objects !== undefined) return objects;
    throw invalid("Invalid Request: these tables have no object store beside them");
  }

  /** The export that this token made before. @throws FIRN_TABLE_EXPORT_CONFLICT. */
  async #known(table: TableRecord, request: ExportTableRequest): Promise<ExportRecord | undefined> {
    const { clientToken: token, s3Bucket, s3Prefix = "" } = request;
    if (token === undefined) return undefined;
    const { scope, store, transfers } = this.#context;
    const view = store.view();
    try {
      const of = { kind: "export", scope, tableName: table.name } as const;
      for await (const record of transfers.list(view, of)) {
        if (record.token !== token) continue;
        if (record.bucket === s3Bucket && record.prefix === s3Prefix) return record;
        throw tableError(
          "FIRN_TABLE_EXPORT_CONFLICT",
          "An export with this ClientToken and other parameters has been made",
        );
      }
      return undefined;
    } finally {
      view.close();
    }
  }

  async #moments(
    table: TableRecord,
    request: ExportTableRequest,
  ): Promise<Pick<ExportRecord, "timeMs" | "lsn" | "since">> {
    const { store } = this.#context;
    const wanted = request.incrementalExportSpecification;
    if (wanted === undefined) {
      const timeMs = request.exportTime ?? store.clock.now();
      this.#checkTime(table, timeMs);
      const now = request.exportTime === undefined;
      return { timeMs, lsn: now ? store.durableLsn : await store.lsnAt(timeMs) };
    }
    const { exportFromTime: fromMs, exportToTime: toMs = store.clock.now() } = wanted;
    if (fromMs === undefined) {
      throw invalid(
        "Invalid Request: ExportFromTime must be provided in IncrementalExportSpecification",
      );
    }
    this.#checkTime(table, fromMs);
    this.#checkTime(table, toMs);
    if (fromMs >= toMs) throw exportTime("ExportFromTime must be before ExportToTime");
    // From the one moment on, up to and without the other.
    const [from, to] = [await store.lsnAt(fromMs - 1), await store.lsnAt(toMs - 1)];
    const earliest = store.retention(table.space)?.from ?? 0;
    const view = wanted.exportViewType ?? "NEW_AND_OLD_IMAGES";
    const since = { fromMs, lsn: Math.max(from, earliest), view };
    return { timeMs: toMs, lsn: Math.max(to, earliest), since };
  }

  #checkTime(table: TableRecord, timeMs: number): void {
    const bounds = restorable(this.#context, table);
    if (bounds === undefined) {
      throw tableError(
        "FIRN_TABLE_RECOVERY_UNAVAILABLE",
        `Point in time recovery is not enabled for table '${table.name}'`,
      );
    }
    if (timeMs >= bounds.earliestMs && timeMs <= bounds.latestMs) return;
    throw exportTime("The export time is outside of the window of point-in-time recovery");
  }

  async #read<K extends "export" | "import">(
    kind: K,
    arn: string,
  ): Promise<K extends "export" ? ExportRecord : ImportRecord> {
    const { scope, store, transfers } = this.#context;
    const name = parseTransferArn(arn);
    const what = kind === "export" ? "Export" : "Import";
    if (name?.kind !== kind) throw invalid(`Invalid ${what} ARN`);
    const { accountId, region } = name.scope;
    const view = store.view();
    try {
      const mine = accountId === scope.accountId && region === scope.region;
      const record = mine ? await transfers.read<K>(view, arn) : undefined;
      if (record !== undefined) return record;
    } finally {
      view.close();
    }
    throw tableError(
      kind === "export" ? "FIRN_TABLE_EXPORT_NOT_FOUND" : "FIRN_TABLE_IMPORT_NOT_FOUND",
      `${what} not found: ${arn}`,
    );
  }

  async #list<K extends "export" | "import">(
    kind: K,
    { tableArn, limit = TRANSFERS_PAGE_MAX, nextToken }: ListTransfersRequest,
  ): Promise<{
    readonly records: (K extends "export" ? ExportRecord : ImportRecord)[];
    readonly nextToken?: string | undefined;
  }> {
    const { scope, store, transfers } = this.#context;
    const tableName = tableArn === undefined ? undefined : tableOfArn(scope, tableArn);
    const after = nextToken === undefined ? undefined : tokenArn(kind, nextToken);
    const records: (K extends "export" ? ExportRecord : ImportRecord)[] = [];
    const view = store.view();
    try {
      for await (const record of transfers.list<K>(view, { kind, scope, tableName }, after)) {
        if (records.length === limit) {
          const last = Buffer.from(records.at(-1)?.arn ?? "").toString("hex");
          return { records, nextToken: last };
        }
        records.push(record);
      }
      return { records };
    } finally {
      view.close();
    }
  }
}

/** A token is the ARN behind which to go on, in hex. */
function tokenArn(kind: string, token: string): string {
  const arn = Buffer.from(token, "hex").toString("utf8");
  if (parseTransferArn(arn)?.kind === kind) return arn;
  throw invalid(`Invalid Request: Provided nextToken is invalid: ${token}`);
}

function exportTime(message: string): FirnError {
  return tableError("FIRN_TABLE_EXPORT_TIME", message);
}
