import type { Transaction } from "@firn/core";
import type { TableRecord } from "../catalog/table-record.ts";
import { scopeOf } from "../catalog/table-record.ts";
import { invalid, invalidParameters } from "../errors.ts";
import type { StreamCatalog } from "./stream-catalog.ts";
import type { StreamSpecification } from "./stream-requests.ts";

/* Streams begin and end with CreateTable, UpdateTable, DeleteTable: in their transactions. */

/** @throws FIRN_TABLE_REQUEST_INVALID. */
export function checkNewStream(wanted: StreamSpecification | undefined): void {
  if (wanted === undefined) return;
  const { streamEnabled, streamViewType } = wanted;
  if (streamEnabled && streamViewType === undefined) {
    throw invalidParameters(
      "Table is being created with a stream enabled, UpdateViewType is required",
    );
  }
  if (streamEnabled || streamViewType === undefined) return;
  throw invalidParameters(
    "Table is being created with a stream disabled, UpdateViewType should not be specified",
  );
}

/** @throws FIRN_TABLE_REQUEST_INVALID. */
export function checkStreamUpdate(wanted: StreamSpecification | undefined): void {
  if (wanted === undefined) return;
  const { streamEnabled, streamViewType } = wanted;
  if (streamEnabled && streamViewType === undefined) {
    throw invalidParameters("If stream is being enabled then UpdateViewType is required");
  }
  if (streamEnabled || streamViewType === undefined) return;
  throw invalidParameters("If stream is being disabled, then UpdateViewType must not be specified");
}

/** The table with the stream that was asked for; for checked specifications. */
export function withStream(
  streams: StreamCatalog,
  tx: Transaction,
  {
    table,
    wanted,
  }: { readonly table: TableRecord; readonly wanted: StreamSpecification | undefined },
): TableRecord {
  if (wanted === undefined) return table;
  const { streamEnabled, streamViewType: viewType } = wanted;
  if (!streamEnabled || viewType === undefined) {
    if (table.stream === undefined) {
      throw invalid(`Table has no stream to disable: TableName: ${table.name}`);
    }
    return withoutStream(streams, tx, table);
  }
  if (table.stream !== undefined) {
    throw invalid(`Table already has an enabled stream: TableName: ${table.name}`);
  }
  const { label, generations } = streams.create(tx, table, viewType);
  const [first] = generations;
  const space = (first as NonNullable<typeof first>).space;
  return { ...table, stream: { label, viewType, space }, latestStreamLabel: label };
}

/** The table without its stream, which has ended and can be read for another day. */
export function withoutStream(
  streams: StreamCatalog,
  tx: Transaction,
  table: TableRecord,
): TableRecord {
  if (table.stream === undefined) return table;
  const { label } = table.stream;
  streams.closeStream(tx, { scope: scopeOf(table), tableName: table.name, label });
  return { ...table, stream: undefined };
}
