import { invalid, invalidParameters } from "../errors.ts";
import { checkStreamUpdate } from "../streams/stream-changes.ts";
import { checkCapacity } from "./check-table.ts";
import { checkIndexUpdates } from "./global-index-updates.ts";
import type { TableRecord } from "./table-record.ts";
import type { UpdateTableRequest } from "./table-requests.ts";
import { changeThroughput } from "./update-throughput.ts";

/** What can be said of an UpdateTable without its table. @throws FIRN_TABLE_REQUEST_INVALID. */
export function checkUpdateTable(request: UpdateTableRequest): void {
  const { billingMode, provisionedThroughput, deletionProtectionEnabled } = request;
  const { globalSecondaryIndexUpdates } = request;
  checkIndexUpdates(globalSecondaryIndexUpdates ?? []);
  checkStreamUpdate(request.streamSpecification);
  if (
    billingMode === undefined &&
    provisionedThroughput === undefined &&
    deletionProtectionEnabled === undefined &&
    request.streamSpecification === undefined &&
    (globalSecondaryIndexUpdates ?? []).length === 0
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
  };
}
