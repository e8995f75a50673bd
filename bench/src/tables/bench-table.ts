import { openStore } from "@firn/core";
import type { OpenLimits, Store } from "@firn/core";
import { Tables } from "@firn/tables";

export const tableName = "bench";
/** Text of an item: together with its keys and a number about 300 bytes as they are stored. */
const TEXT_CHARACTERS = 240;

export interface OpenedTable {
  readonly store: Store;
  readonly tables: Tables;
  close(): Promise<void>;
}

/** The tables of a directory, with a table of partition and sort key when there is none. */
export async function openTable(
  directory: string,
  limits: Partial<OpenLimits> = {},
): Promise<OpenedTable> {
  const store = await openStore({ directory, limits });
  const tables = await Tables.open({ store });
  const { tableNames } = await tables.engine.listTables();
  if (!tableNames.includes(tableName)) {
    await tables.createTable({
      tableName,
      attributeDefinitions: [
        { attributeName: "pk", attributeType: "S" },
        { attributeName: "sk", attributeType: "N" },
      ],
      keySchema: [
        { attributeName: "pk", keyType: "HASH" },
        { attributeName: "sk", keyType: "RANGE" },
      ],
      billingMode: "PAY_PER_REQUEST",
    });
  }
  const close = async (): Promise<void> => {
    await tables.close();
    await store.close();
  };
  return { store, tables, close };
}

export interface BenchItem {
  readonly pk: string;
  readonly sk: number;
  readonly text: string;
  readonly visits: number;
  readonly [name: string]: string | number;
}

/** Item number `n`, each in a partition of its own. */
export function itemOf(n: number): BenchItem {
  const text = `${n}`.padEnd(TEXT_CHARACTERS, "text of an item; ");
  return { pk: `p${n}`, sk: 1 + (n % 1000), text, visits: n };
}
