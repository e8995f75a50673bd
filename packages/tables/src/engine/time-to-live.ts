import type { Transaction } from "@firn/core";
import type { TableRecord } from "../catalog/table-record.ts";
import { invalid } from "../errors.ts";
import type { EngineContext } from "./engine-context.ts";
import { tableNotFound } from "./table-errors.ts";

export interface TimeToLiveSpecification {
  readonly enabled: boolean;
  /** The attribute with the time of expiry: a number, seconds since 1970 UTC. */
  readonly attributeName: string;
}

export interface UpdateTimeToLiveRequest {
  readonly tableName: string;
  readonly timeToLiveSpecification: TimeToLiveSpecification;
}

export interface TimeToLiveDescription {
  /** ENABLING while the expiries of older items are being gathered. */
  readonly timeToLiveStatus: "ENABLING" | "ENABLED" | "DISABLED";
  readonly attributeName?: string | undefined;
}

/** @throws FIRN_TABLE_NOT_FOUND, FIRN_TABLE_REQUEST_INVALID when it is so already. */
export async function updateTimeToLive(
  context: EngineContext,
  request: UpdateTimeToLiveRequest,
): Promise<TableRecord> {
  const { tableName, timeToLiveSpecification: wanted } = request;
  const updated = await context.catalog.change(context.scope, tableName, (present, tx) => {
    if (present === undefined) throw tableNotFound(tableName);
    return wanted.enabled ? enable(tx, present, wanted) : disable(tx, present, wanted);
  });
  return updated as TableRecord;
}

function enable(
  tx: Transaction,
  table: TableRecord,
  { attributeName }: TimeToLiveSpecification,
): TableRecord {
  const present = table.timeToLive;
  if (present !== undefined) {
    throw invalid(
      present.attributeName === attributeName
        ? "TimeToLive is already enabled"
        : "TimeToLive is active on a different AttributeName: current AttributeName is " +
            present.attributeName,
    );
  }
  const space = tx.createKeySpace();
  return { ...table, timeToLive: { attributeName, space, backfilling: true } };
}

function disable(
  tx: Transaction,
  table: TableRecord,
  { attributeName }: TimeToLiveSpecification,
): TableRecord {
  const present = table.timeToLive;
  if (present === undefined) throw invalid("TimeToLive is already disabled");
  if (present.attributeName !== attributeName) {
    throw invalid(
      "TimeToLive is active on a different AttributeName: current AttributeName is " +
        present.attributeName,
    );
  }
  tx.dropKeySpace(present.space);
  return { ...table, timeToLive: undefined };
}

/** @throws FIRN_TABLE_NOT_FOUND. */
export async function describeTimeToLive(
  { catalog, scope }: EngineContext,
  tableName: string,
): Promise<TimeToLiveDescription> {
  const table = await catalog.find(scope, tableName);
  if (table === undefined) throw tableNotFound(tableName);
  if (table.timeToLive === undefined) return { timeToLiveStatus: "DISABLED" };
  const { attributeName, backfilling } = table.timeToLive;
  return { timeToLiveStatus: backfilling === true ? "ENABLING" : "ENABLED", attributeName };
}
