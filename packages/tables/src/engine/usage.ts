import { UsageTally } from "@firn/core";
import type { UsageLine } from "@firn/core";
import { indexesOf, scopeOf } from "../catalog/table-record.ts";
import type { TableRecord, Throughput } from "../catalog/table-record.ts";
import type { EngineContext } from "./engine-context.ts";

/**
 * Tables by class, their indexes and backups, and what throughput is provisioned. Sizes are those
 * that DescribeTable tells: of large tables a count that may be of the past.
 */
export async function usageOfTables(context: EngineContext): Promise<UsageLine[]> {
  const tally = new UsageTally();
  for (const table of await context.catalog.all()) await addTable(context, tally, table);
  const view = context.store.view();
  try {
    for await (const { scope, bytes } of context.backups.all(view)) {
      tally.add({ service: "dynamodb", ...scope, item: "backup" }, { count: 1, bytes });
    }
  } finally {
    view.close();
  }
  return tally.lines();
}

async function addTable(
  { store, sizes }: EngineContext,
  tally: UsageTally,
  table: TableRecord,
): Promise<void> {
  const scope = { service: "dynamodb", ...scopeOf(table) } as const;
  const name = table.tableClass?.name ?? "STANDARD";
  const { bytes } = await sizes.of(store, table.space);
  tally.add({ ...scope, item: `table ${name}` }, { count: 1, bytes });
  for (const { space } of indexesOf(table)) {
    const size = await sizes.of(store, space);
    tally.add({ ...scope, item: `index ${name}` }, { count: 1, bytes: size.bytes });
  }
  if (table.recovery !== undefined) {
    tally.add({ ...scope, item: "point-in-time recovery" }, { count: 1, bytes });
  }
  if (table.billingMode !== "PROVISIONED") return;
  for (const throughput of [table, ...table.globalIndexes].map((one) => one.throughput)) {
    if (throughput !== undefined) addUnits(tally, { ...scope, name }, throughput);
  }
}

function addUnits(
  tally: UsageTally,
  { name, ...scope }: Parameters<typeof keyOf>[0],
  { read, write }: Throughput,
): void {
  tally.add(keyOf({ name, ...scope }, "read units"), { units: read });
  tally.add(keyOf({ name, ...scope }, "write units"), { units: write });
}

function keyOf(
  scope: {
    readonly service: "dynamodb";
    readonly accountId: string;
    readonly region: string;
    readonly name: string;
  },
  units: string,
): Parameters<UsageTally["add"]>[0] {
  const { name, ...rest } = scope;
  return { ...rest, item: `${units} ${name}` };
}
