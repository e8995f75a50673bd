import type { TableRecord } from "../catalog/table-record.ts";
import { keyAttributes } from "../catalog/table-record.ts";
import type { AttributeMap } from "../value/attribute-value.ts";
import type { ConsumedCapacity, ReturnConsumedCapacity } from "./capacity.ts";
import { CapacityTally } from "./capacity.ts";
import type { EngineContext } from "./engine-context.ts";
import { readsOf, tableOf } from "./engine-context.ts";
import { assertFresh, tablesChanged } from "./fresh-tables.ts";
import { pick } from "./item-key.ts";
import type { Mutation, MutationResult } from "./mutation.ts";
import { applyMutation, conditionFailed, readsBefore } from "./mutation.ts";
import type { PreparedWrite } from "./prepared-write.ts";
import type { ItemCollectionMetrics } from "./requests.ts";
import type { Admission } from "./throttle.ts";

export interface WrittenItem {
  readonly table: TableRecord;
  readonly result: MutationResult;
}

/**
 * Carries out one prepared write. Resolves after it is durable.
 * @throws FIRN_TABLE_CONDITION_FAILED, FIRN_TABLE_NOT_FOUND, FIRN_TABLE_THROUGHPUT_EXCEEDED,
 * FIRN_TABLE_TRANSACTION_CONFLICT, FIRN_TABLE_REQUEST_INVALID.
 */
export async function writeItem(
  context: EngineContext,
  prepared: PreparedWrite,
  wanted: ReturnConsumedCapacity | undefined,
): Promise<WrittenItem> {
  const exact = wantsUnits(context, wanted);
  // As `withFreshTables`, whose promise and closure each write would pay for.
  for (let retries = 0; ; retries++) {
    try {
      const found = tableOf(context, prepared.tableName);
      const table = found instanceof Promise ? await found : found;
      const mutation = prepared.mutation(table);
      context.locks.checkFree(mutation);
      const admission = admitWrite(context, mutation);
      const result = await transactOne(context, mutation, exact);
      settleWrite(context, mutation, result, admission);
      if (result.failed) throw conditionFailed(mutation, result);
      return { table, result };
    } catch (error) {
      await tablesChanged(context, error, retries);
    }
  }
}

function transactOne(
  context: EngineContext,
  mutation: Mutation,
  exact: boolean,
): Promise<MutationResult> {
  const mutations = [mutation];
  return context.store.transact(
    (tx) => {
      assertFresh(context, mutations);
      return applyMutation(tx, mutation, { exact, ordinal: 0 });
    },
    // Without anything to read, the store need not wait for the reading either.
    readsBefore(mutation, exact) ? { reads: readsOf(mutations, exact) } : undefined,
  );
}

/** Whether a write must know the item that it replaces, to tell its cost. */
export function wantsUnits(
  context: EngineContext,
  wanted: ReturnConsumedCapacity | undefined,
): boolean {
  return context.throttle.enabled || (wanted !== undefined && wanted !== "NONE");
}

/** @throws FIRN_TABLE_THROUGHPUT_EXCEEDED. */
export function admitWrite(context: EngineContext, mutation: Mutation): Admission {
  context.throttle.checkIndexes(mutation.table);
  return context.throttle.admit("write", mutation.unitsMin, mutation);
}

/** Charges what a write cost beyond what it was admitted with. */
export function settleWrite(
  context: EngineContext,
  mutation: Mutation,
  result: MutationResult,
  admission: Admission,
): void {
  const { table } = mutation;
  signalChange(context, table);
  let units = result.tableUnits;
  for (const index of table.localIndexes) units += result.indexUnits.get(index.name) ?? 0;
  admission.settle(units);
  for (const index of table.globalIndexes) {
    const used = result.indexUnits.get(index.name);
    if (used !== undefined) context.throttle.charge(used, table, index);
  }
}

/** Tells consumers that there is a record. */
export function signalChange(context: EngineContext, table: TableRecord): void {
  if (table.stream === undefined) return;
  context.streamSignal.notify({ scope: context.scope, tableName: table.name });
}

export function unitsOfWrite(
  { table, result }: WrittenItem,
  wanted: ReturnConsumedCapacity | undefined,
): ConsumedCapacity | undefined {
  if (wanted === undefined || wanted === "NONE") return undefined;
  const tally = new CapacityTally(table);
  tally.add(result.tableUnits, result.indexUnits);
  return tally.report(wanted);
}

/** Tables with local indexes have item collections, whose size is only estimated. */
export function collectionMetrics(
  table: TableRecord,
  key: AttributeMap,
  wanted: "SIZE" | "NONE" | undefined,
): ItemCollectionMetrics | undefined {
  if (wanted !== "SIZE" || table.localIndexes.length === 0) return undefined;
  const names = keyAttributes(table.key)
    .slice(0, table.key.partition.length)
    .map(({ name }) => name);
  return {
    itemCollectionKey: Buffer.from(JSON.stringify(pick(key, names))),
    sizeEstimateRangeGB: [0, 1],
  };
}
