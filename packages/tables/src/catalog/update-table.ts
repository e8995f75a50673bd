import { invalid, invalidParameters, tableError } from "../errors.ts";
import { checkCapacity } from "./check-table.ts";
import { decreasesToday } from "./describe-table.ts";
import type { TableRecord, Throughput } from "./table-record.ts";
import type { ProvisionedThroughput, UpdateTableRequest } from "./table-requests.ts";

/** Decreases that a day begins with; after them one per hour. */
const FREE_DECREASES = 4;
const HOUR_MS = 60 * 60 * 1000;

/** What can be said of an UpdateTable without its table. @throws FIRN_TABLE_REQUEST_INVALID. */
export function checkUpdateTable(request: UpdateTableRequest): void {
  const { billingMode, provisionedThroughput, deletionProtectionEnabled } = request;
  if (
    billingMode === undefined &&
    provisionedThroughput === undefined &&
    deletionProtectionEnabled === undefined
  ) {
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
}

/**
 * The record after the update.
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
    throughput = changeThroughput(throughput, wanted, nowMs);
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
  };
}

function changeThroughput(
  present: Throughput,
  wanted: ProvisionedThroughput,
  nowMs: number,
): Throughput {
  const { readCapacityUnits: read, writeCapacityUnits: write } = wanted;
  if (read === present.read && write === present.write) throw unchanged(present, wanted);
  const next = { ...present, read, write };
  const increased = read > present.read || write > present.write;
  const decreased = read < present.read || write < present.write;
  return {
    ...next,
    ...(increased ? { increasedMs: nowMs } : {}),
    ...(decreased ? countDecrease(present, nowMs) : {}),
  };
}

function unchanged(present: Throughput, wanted: ProvisionedThroughput): Error {
  return invalid(
    "The provisioned throughput for the table will not change. The requested value equals the " +
      "current value. " +
      `Current ReadCapacityUnits provisioned for the table: ${present.read}. ` +
      `Requested ReadCapacityUnits: ${wanted.readCapacityUnits}. ` +
      `Current WriteCapacityUnits provisioned for the table: ${present.write}. ` +
      `Requested WriteCapacityUnits: ${wanted.writeCapacityUnits}. ` +
      "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher " +
      "limits.",
  );
}

function countDecrease(
  present: Throughput,
  nowMs: number,
): Pick<Throughput, "decreasedMs" | "decreasesToday"> {
  const count = decreasesToday(present, nowMs);
  const nextMs = (present.decreasedMs ?? 0) + HOUR_MS;
  if (count >= FREE_DECREASES && nowMs < nextMs) {
    throw tableError(
      "FIRN_TABLE_LIMIT_EXCEEDED",
      "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given " +
        "UTC day. After the first 4 decreases, each subsequent decrease in the same UTC day can " +
        `be performed at most once every 3600 seconds. Number of decreases today: ${count}.`,
      { nextMs },
    );
  }
  return { decreasedMs: nowMs, decreasesToday: count + 1 };
}
