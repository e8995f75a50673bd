import { invalid, invalidParameters } from "../errors.ts";
import { checkStreamUpdate } from "../streams/stream-changes.ts";
import { checkCapacity } from "./check-table.ts";
import { checkIndexUpdates } from "./global-index-updates.ts";
import type { TableRecord } from "./table-record.ts";
import { checkTableClass, onDemandMaxOf, ownWarmth, warmOf } from "./table-settings.ts";
import type { UpdateTableRequest } from "./table-requests.ts";
import { changeThroughput } from "./update-throughput.ts";

/** What can be said of an UpdateTable without its table. @throws FIRN_TABLE_REQUEST_INVALID. */
export function checkUpdateTable(request: UpdateTableRequest): void {
  const { billingMode, provisionedThroughput } = request;
  const { globalSecondaryIndexUpdates } = request;
  checkIndexUpdates(globalSecondaryIndexUpdates ?? []);
  checkStreamUpdate(request.streamSpecification);
  const asked = askedOf(request);
  if (asked.length === 0) {
    throw invalid(
      "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, " +
        "GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required",
    );
  }
  if (billingMode === "PROVISIONED" && provisionedThroughput === undefined) {
    throw invalidParameters(
      "ProvisionedThroughput must be specified when BillingMode is PROVISIONED",
    );
  }
  if (billingMode === "PAY_PER_REQUEST" && provisionedThroughput !== undefined) {
    throw invalidParameters(
      "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is " +
        "PAY_PER_REQUEST",
    );
  }
  if (provisionedThroughput !== undefined) checkCapacity(provisionedThroughput);
  checkAlone(asked);
  if (request.tableClass !== undefined) checkTableClass(request.tableClass);
}

/** The members that ask for something. */
function askedOf(request: UpdateTableRequest): (keyof UpdateTableRequest)[] {
  const settings = [
    "billingMode",
    "provisionedThroughput",
    "deletionProtectionEnabled",
    "streamSpecification",
    "tableClass",
    "onDemandThroughput",
    "warmThroughput",
  ] as const;
  const asked: (keyof UpdateTableRequest)[] = settings.filter(
    (each) => request[each] !== undefined,
  );
  if ((request.globalSecondaryIndexUpdates ?? []).length > 0) {
    asked.push("globalSecondaryIndexUpdates");
  }
  return asked;
}

/** Some changes are taken one at a time only. */
function checkAlone(asked: readonly (keyof UpdateTableRequest)[]): void {
  const alone = asked.length === 1;
  if (asked.includes("tableClass") && !alone) {
    throw invalidParameters("TableClass modification must be the only operation in the request");
  }
  if (asked.includes("warmThroughput") && asked.some((each) => !WARM_WITH.includes(each))) {
    throw invalidParameters("WarmThroughput must be the only operation in the request");
  }
  if (asked.includes("onDemandThroughput") && asked.some((each) => !MAX_WITH.includes(each))) {
    throw invalidParameters(
      "OnDemandThroughput can only be combined with BillingMode in an UpdateTable request",
    );
  }
}

const WARM_WITH: readonly (keyof UpdateTableRequest)[] = [
  "warmThroughput",
  "globalSecondaryIndexUpdates",
];
const MAX_WITH: readonly (keyof UpdateTableRequest)[] = [
  "onDemandThroughput",
  "billingMode",
  "globalSecondaryIndexUpdates",
];

/**
 * The record after the update of all but its indexes.
 * @throws FIRN_TABLE_REQUEST_INVALID when nothing would change, FIRN_TABLE_LIMIT_EXCEEDED for a
 * decrease too many.
 */
export function updateTable(
  table: TableRecord,
  request: UpdateTableRequest,
  nowMs: number,
): TableRecord {
  const billingMode = request.billingMode ?? table.billingMode;
  const { provisionedThroughput: wanted } = request;
  let { throughput, onDemandMs, globalIndexes } = table;
  if (wanted !== undefined) {
    if (billingMode === "PAY_PER_REQUEST") {
      throw invalidParameters(
        "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is " +
          "PAY_PER_REQUEST",
      );
    }
    throughput = changeThroughput(throughput, wanted, { nowMs, what: "table" });
  }
  if (billingMode === "PAY_PER_REQUEST" && table.billingMode !== billingMode) {
    onDemandMs = nowMs;
    throughput = { ...throughput, read: 0, write: 0 };
    globalIndexes = globalIndexes.map((index) => ({
      ...index,
      throughput: { read: 0, write: 0, decreasesToday: 0 },
    }));
  }
  return {
    ...table,
    billingMode,
    throughput,
    onDemandMs,
    globalIndexes,
    deletionProtected: request.deletionProtectionEnabled ?? table.deletionProtected,
    ...changedSettings({ ...table, billingMode, throughput }, request, nowMs),
  };
}

function changedSettings(
  table: TableRecord,
  { tableClass, onDemandThroughput, warmThroughput }: UpdateTableRequest,
  nowMs: number,
): Partial<TableRecord> {
  const { billingMode } = table;
  const { read, write } = { ...ownWarmth(billingMode, table.throughput), ...table.warm };
  const least = { read: read ?? 0, write: write ?? 0 };
  return {
    ...(tableClass === undefined
      ? {}
      : { tableClass: { name: checkTableClass(tableClass), changedMs: nowMs } }),
    ...(onDemandThroughput && {
      onDemandMax: onDemandMaxOf(onDemandThroughput, { billingMode }, table.onDemandMax),
    }),
    ...(warmThroughput && { warm: warmOf(warmThroughput, { billingMode, least, isNew: false }) }),
  };
}
