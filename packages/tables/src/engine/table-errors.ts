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

/** Backups and restores have an error of their own for it. */
export function sourceNotFound(tableName: string): Error {
  return tableError("FIRN_TABLE_SOURCE_NOT_FOUND", `Table not found: ${tableName}`, { tableName });
}

/** The error of changing a table that something else still reads or makes. */
export function tableInUse(what: string, table: TableRecord): Error {
  return tableError(
    "FIRN_TABLE_IN_USE",
    `Attempt to change a resource which is still in use: Table is being ${what}: ${table.name}`,
    { tableName: table.name },
  );
}

/** The error of deleting a table that is protected. */
export function protectedTable(table: TableRecord): Error {
  return invalid(
    "Resource cannot be deleted as it is currently protected against deletion. Disable deletion " +
      `protection first. Table: ${table.name}`,
  );
}
