import type { Transaction } from "@firn/core";
import { GLOBAL_INDEXES_MAX } from "../constants.ts";
import { invalid, invalidParameters, tableError } from "../errors.ts";
import { checkGlobalIndex } from "./check-table.ts";
import { attributeOf, globalSettings, makeIndex, throughputOf } from "./make-table.ts";
import type { BillingMode, IndexRecord, KeyAttribute, TableRecord } from "./table-record.ts";
import { indexesOf, keyAttributes } from "./table-record.ts";
import type {
  AttributeDefinition,
  GlobalSecondaryIndexUpdate,
  UpdateTableRequest,
} from "./table-requests.ts";
import { onDemandMaxOf, ownWarmth, warmOf } from "./table-settings.ts";
import { changeThroughput } from "./update-throughput.ts";

/** What can be said of index updates without the table. @throws FIRN_TABLE_REQUEST_INVALID. */
export function checkIndexUpdates(updates: readonly GlobalSecondaryIndexUpdate[]): void {
  const names = new Set<string>();
  let structural = 0;
  for (const { create, update, delete: removed } of updates) {
    const action = create ?? update ?? removed;
    if (action === undefined) {
      throw invalidParameters(
        "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, " +
          "GlobalSecondaryIndexUpdate.Delete must not be null",
      );
    }
    if (names.has(action.indexName)) {
      throw invalidParameters(
        "Only one global secondary index update per index is allowed simultaneously. " +
          `Index: ${action.indexName}`,
      );
    }
    names.add(action.indexName);
    if (update === undefined) structural++;
  }
  if (structural <= 1) return;
  throw tableError(
    "FIRN_TABLE_LIMIT_EXCEEDED",
    "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously " +
      "per table",
  );
}

/**
 * The table after the updates. A new index is `backfilling`: writes keep it, older items have yet
 * to be added. @throws FIRN_TABLE_REQUEST_INVALID, FIRN_TABLE_NOT_FOUND, FIRN_TABLE_IN_USE.
 */
export function updateIndexes(
  tx: Transaction,
  table: TableRecord,
  request: UpdateTableRequest,
): TableRecord {
  const { globalSecondaryIndexUpdates: updates = [], attributeDefinitions = [] } = request;
  if (updates.length === 0) return table;
  const building = table.globalIndexes.some(({ backfilling }) => backfilling === true);
  if (building) {
    throw tableError(
      "FIRN_TABLE_IN_USE",
      `Attempt to change a resource which is still in use: Table is being updated: ${table.name}`,
    );
  }
  let next: TableRecord = { ...table, attributes: merged(table, attributeDefinitions) };
  for (const update of updates) next = updateIndex(tx, next, update);
  return { ...next, attributes: next.attributes.filter(({ name }) => isUsed(next, name)) };
}

function merged(table: TableRecord, given: readonly AttributeDefinition[]): KeyAttribute[] {
  const attributes = [...table.attributes];
  for (const definition of given) {
    const known = attributes.find(({ name }) => name === definition.attributeName);
    if (known === undefined) attributes.push(attributeOf(definition));
    else if (known.type !== definition.attributeType) {
      throw invalidParameters(
        `The type of attribute ${known.name} cannot be changed from ${known.type} to ` +
          definition.attributeType,
      );
    }
  }
  return attributes;
}

function isUsed(table: TableRecord, name: string): boolean {
  return [table, ...indexesOf(table)].some(({ key }) =>
    keyAttributes(key).some((attribute) => attribute.name === name),
  );
}

function updateIndex(
  tx: Transaction,
  table: TableRecord,
  change: GlobalSecondaryIndexUpdate,
): TableRecord {
  if (change.create !== undefined) return createIndex(tx, table, change.create);
  const name = change.update?.indexName ?? change.delete?.indexName ?? "";
  const index = table.globalIndexes.find((each) => each.name === name);
  if (index === undefined) {
    throw tableError("FIRN_TABLE_NOT_FOUND", "Requested resource not found", { indexName: name });
  }
  const others = table.globalIndexes.filter((each) => each !== index);
  if (change.update === undefined) {
    tx.dropKeySpace(index.space);
    return { ...table, globalIndexes: others };
  }
  return replaced(table, index, updatedIndex(table, index, { ...change.update, nowMs: tx.now }));
}

function updatedIndex(
  { billingMode }: TableRecord,
  index: IndexRecord,
  wanted: NonNullable<GlobalSecondaryIndexUpdate["update"]> & { readonly nowMs: number },
): IndexRecord {
  const { indexName, provisionedThroughput, onDemandThroughput, warmThroughput, nowMs } = wanted;
  if (billingMode === "PAY_PER_REQUEST" && provisionedThroughput !== undefined) {
    throw invalidParameters(
      `The only Updates for index: ${indexName} when TableThroughputMode is PAY_PER_REQUEST can ` +
        "be to OnDemandThroughput, WarmThroughput",
    );
  }
  if ((provisionedThroughput ?? onDemandThroughput ?? warmThroughput) === undefined) {
    throw invalidParameters(`ProvisionedThroughput must be specified for index: ${indexName}`);
  }
  const at = { nowMs, what: "index" } as const;
  const present = index.throughput ?? throughputOf(undefined);
  const throughput = provisionedThroughput
    ? changeThroughput(present, provisionedThroughput, at)
    : present;
  const owner = { billingMode, indexName };
  const { read, write } = { ...ownWarmth(billingMode, throughput), ...index.warm };
  const least = { read: read ?? 0, write: write ?? 0 };
  return {
    ...index,
    throughput,
    ...(onDemandThroughput && {
      onDemandMax: onDemandMaxOf(onDemandThroughput, owner, index.onDemandMax),
    }),
    ...(warmThroughput && { warm: warmOf(warmThroughput, { ...owner, least, isNew: false }) }),
  };
}

function replaced(table: TableRecord, old: IndexRecord, index: IndexRecord): TableRecord {
  const globalIndexes = table.globalIndexes.map((each) => (each === old ? index : each));
  return { ...table, globalIndexes };
}

function createIndex(
  tx: Transaction,
  table: TableRecord,
  wanted: NonNullable<GlobalSecondaryIndexUpdate["create"]>,
): TableRecord {
  if (indexesOf(table).some(({ name }) => name === wanted.indexName)) {
    throw invalid("Attempting to create an index which already exists");
  }
  if (table.globalIndexes.length === GLOBAL_INDEXES_MAX) {
    throw invalidParameters("GlobalSecondaryIndex count exceeds the per-table limit of 20");
  }
  const definitions = table.attributes.map(({ name, type }) => ({
    attributeName: name,
    attributeType: type,
  }));
  const billingMode: BillingMode = table.billingMode;
  checkGlobalIndex({ attributeDefinitions: definitions }, wanted, billingMode);
  const index: IndexRecord = {
    ...makeIndex(tx, wanted, definitions),
    ...globalSettings(wanted, billingMode),
    backfilling: true,
  };
  return { ...table, globalIndexes: [...table.globalIndexes, index] };
}
