import type { Transaction } from "@firn/core";
import { makeSpace, throughputOf } from "../catalog/make-table.ts";
import type { IndexRecord, Scope, TableRecord } from "../catalog/table-record.ts";
import { onDemandMaxOf } from "../catalog/table-settings.ts";
import type { LocalSecondaryIndex } from "../catalog/table-requests.ts";
import { invalid } from "../errors.ts";
import type { RestoreRequest } from "./backup-requests.ts";

/**
 * The record of a table made from another's: keys, indexes and capacity are taken over as far as
 * nothing else is asked for; tags, time to live, stream, policy and protection are not.
 * @throws FIRN_TABLE_REQUEST_INVALID.
 */
export function restoredTable(
  tx: Transaction,
  source: TableRecord,
  of: { readonly request: RestoreRequest; readonly scope: Scope; readonly id: string },
): TableRecord {
  const { request, scope, id } = of;
  checkOverrides(source, request);
  const billingMode = request.billingModeOverride ?? source.billingMode;
  const onDemand = billingMode === "PAY_PER_REQUEST";
  const { provisionedThroughputOverride: units, onDemandThroughputOverride: max } = request;
  const kept = onDemand ? throughputOf(undefined) : { ...source.throughput, decreasesToday: 0 };
  const name = request.targetTableName;
  return {
    name,
    id,
    arn: `arn:aws:dynamodb:${scope.region}:${scope.accountId}:table/${name}`,
    createdMs: tx.now,
    space: makeSpace(tx),
    key: source.key,
    attributes: source.attributes,
    billingMode,
    onDemandMs: onDemand ? tx.now : undefined,
    throughput: units === undefined ? kept : throughputOf(units),
    onDemandMax:
      max === undefined
        ? onDemand
          ? source.onDemandMax
          : undefined
        : onDemandMaxOf(max, { billingMode }),
    localIndexes: chosen(source.localIndexes, request.localSecondaryIndexOverride).map((index) =>
      remade(tx, index),
    ),
    globalIndexes: chosen(source.globalIndexes, request.globalSecondaryIndexOverride).map(
      (index) => {
        const wanted = request.globalSecondaryIndexOverride?.find(
          ({ indexName }) => indexName === index.name,
        );
        const given = wanted?.provisionedThroughput;
        const throughput = given === undefined ? index.throughput : throughputOf(given);
        return {
          ...remade(tx, index),
          throughput: onDemand ? throughputOf(undefined) : throughput,
        };
      },
    ),
    deletionProtected: false,
    tags: [],
  };
}

function remade(tx: Transaction, { name, key, projection }: IndexRecord): IndexRecord {
  return { name, key, projection, space: makeSpace(tx) };
}

/** Those of the indexes that are wanted; all when nothing is said. */
function chosen(
  indexes: readonly IndexRecord[],
  wanted: readonly LocalSecondaryIndex[] | undefined,
): readonly IndexRecord[] {
  if (wanted === undefined) return indexes;
  return wanted.map(({ indexName }) => {
    const index = indexes.find(({ name }) => name === indexName);
    if (index !== undefined) return index;
    throw invalid(
      `Invalid Request: Index ${indexName} does not match a secondary index that existed in the ` +
        "source table and cannot be created during the restore operation",
    );
  });
}

function checkOverrides(source: TableRecord, request: RestoreRequest): void {
  const { billingModeOverride: mode, provisionedThroughputOverride: units } = request;
  if (mode === "PAY_PER_REQUEST" && units !== undefined) {
    throw invalid(
      "Invalid Request: Cannot override ProvisionedThroughput if BillingMode is overridden to " +
        "PAY_PER_REQUEST",
    );
  }
  if (mode === "PROVISIONED" && source.billingMode !== mode && units === undefined) {
    throw invalid(
      "Invalid Request: Must override ProvisionedThroughput if BillingMode is overridden to " +
        "PROVISIONED",
    );
  }
  if (mode === undefined && source.billingMode === "PAY_PER_REQUEST" && units !== undefined) {
    throw invalid(
      "Invalid Request: Cannot override ProvisionedThroughput unless BillingMode is PROVISIONED",
    );
  }
}
