import type { TableRecord } from "../catalog/table-record.ts";
import { indexesOf, keyAttributes } from "../catalog/table-record.ts";
import { invalid } from "../errors.ts";
import type { Path } from "../expression/path.ts";

/** Keys are scalars: no expression may look into them. @throws FIRN_TABLE_REQUEST_INVALID. */
export function checkKeyPaths(table: TableRecord, paths: readonly Path[]): void {
  const nested = paths.filter((path) => path.length > 1).map((path) => path[0]);
  if (nested.length === 0) return;
  for (const { name } of keyAttributes(table.key)) {
    if (nested.includes(name)) throw notScalar(`Key: ${name}`);
  }
  for (const index of indexesOf(table)) {
    for (const { name } of keyAttributes(index.key)) {
      if (nested.includes(name)) throw notScalar(`IndexKey: ${name}`);
    }
  }
}

function notScalar(which: string): Error {
  return invalid(
    "Key attributes must be scalars; list random access '[]' and map lookup '.' are not " +
      `allowed: ${which}`,
  );
}
