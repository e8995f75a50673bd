import type { TableRecord } from "../catalog/table-record.ts";
import { invalid, tableError } from "../errors.ts";

/** Calls on tables name the table; calls on items do not. */
export function tableNotFound(tableName: string): Error {
  return tableError(
    "FIRN_TABLE_NOT_FOUND",
    `Requested resource not found: Table: ${tableName} not found`,
    { tableName },
  );
}

/** The error of deleting a table that is protected. */
export function protectedTable(table: TableRecord): Error {
  return invalid(
    "Resource cannot be deleted as it is currently protected against deletion. Disable deletion " +
      `protection first. Table: ${table.name}`,
  );
}
