import { FirnError } from "@firn/core";
import type { TableRecord } from "../catalog/table-record.ts";
import { BATCH_WRITE_REQUESTS_MAX } from "../constants.ts";
import { invalid } from "../errors.ts";
import type { AttributeMap } from "../value/attribute-value.ts";
import { checkItem } from "../value/check-value.ts";
import { CapacityTally } from "./capacity.ts";
import type { EngineContext } from "./engine-context.ts";
import { readsOf, tableOf } from "./engine-context.ts";
import { assertFresh, withFreshTables } from "./fresh-tables.ts";
import { writeUnits } from "./index-entries.ts";
import { ItemImage } from "./item-image.ts";
import { keyOf, keyOfItem } from "./item-key.ts";
import type { Mutation, MutationResult } from "./mutation.ts";
import { applyMutation } from "./mutation.ts";
import { checkSize } from "./put-item.ts";
import type {
  BatchWriteAnswer,
  BatchWriteRequest,
  ItemCollectionMetrics,
  WriteRequest,
} from "./requests.ts";
import type { Admission } from "./throttle.ts";
import { admitWrite, collectionMetrics, settleWrite, wantsUnits } from "./write.ts";

interface CheckedWrite {
  readonly request: WriteRequest;
  readonly given: AttributeMap;
  /** Size of a put, `undefined` for a delete. */
  readonly bytes: number | undefined;
}

interface PlannedWrite extends CheckedWrite {
  readonly table: TableRecord;
  readonly mutation: Mutation;
}

interface AdmittedWrite extends PlannedWrite {
  readonly admission: Admission;
}

/**
 * Puts and deletes up to 25 items of several tables. Each stands for itself in DynamoDB's promise;
 * here all that are admitted commit together. The others are handed back.
 * @throws FIRN_TABLE_THROUGHPUT_EXCEEDED when that is every one of them.
 */
export async function batchWrite(
  context: EngineContext,
  request: BatchWriteRequest,
): Promise<BatchWriteAnswer> {
  const checked = checkRequests(request);
  return withFreshTables(context, () => attemptBatch(context, request, checked));
}

async function attemptBatch(
  context: EngineContext,
  request: BatchWriteRequest,
  checked: ReadonlyMap<string, readonly CheckedWrite[]>,
): Promise<BatchWriteAnswer> {
  const planned: PlannedWrite[] = [];
  for (const [name, writes] of checked) {
    const table = await tableOf(context, name);
    planned.push(...planWrites(table, writes));
  }
  const { admitted, refused } = admitAll(context, planned);
  const exact = wantsUnits(context, request.returnConsumedCapacity);
  const mutations = admitted.map(({ mutation }) => mutation);
  const results = await context.store.transact(
    (tx) => {
      assertFresh(context, mutations);
      return mutations.map((mutation, ordinal) => applyMutation(tx, mutation, { exact, ordinal }));
    },
    { reads: readsOf(mutations, exact) },
  );
  admitted.forEach(({ mutation, admission }, i) =>
    settleWrite(context, mutation, results[i] as MutationResult, admission),
  );
  return answer(request, { admitted, refused, results });
}

function checkRequests(request: BatchWriteRequest): Map<string, CheckedWrite[]> {
  const checked = new Map<string, CheckedWrite[]>();
  let count = 0;
  for (const name of Object.keys(request.requestItems)) {
    const writes = request.requestItems[name] as readonly WriteRequest[];
    count += writes.length;
    if (count > BATCH_WRITE_REQUESTS_MAX) {
      throw invalid("Too many items requested for the BatchWriteItem call");
    }
    checked.set(name, writes.map(checkWrite));
  }
  return checked;
}

function checkWrite(request: WriteRequest): CheckedWrite {
  const { putRequest, deleteRequest } = request;
  if ((putRequest === undefined) === (deleteRequest === undefined)) {
    throw invalid(
      "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the " +
        "supported datatypes",
    );
  }
  if (putRequest !== undefined) {
    const bytes = checkItem(putRequest.item);
    checkSize(bytes);
    return { request, given: putRequest.item, bytes };
  }
  const key = (deleteRequest as NonNullable<typeof deleteRequest>).key;
  checkItem(key);
  return { request, given: key, bytes: undefined };
}

function planWrites(table: TableRecord, writes: readonly CheckedWrite[]): PlannedWrite[] {
  const seen = new Set<string>();
  return writes.map((write) => {
    const { bytes, given } = write;
    const key = bytes === undefined ? keyOf(table, given) : keyOfItem(table, given, true);
    const text = Buffer.from(key).toString("latin1");
    if (seen.has(text)) throw invalid("Provided list of item keys contains duplicates");
    seen.add(text);
    const image = bytes === undefined ? undefined : ItemImage.of(given, bytes);
    const mutation: Mutation = {
      table,
      key,
      needsBefore: false,
      unitsMin: writeUnits(bytes ?? 0),
      showsFailed: false,
      after: () => image,
    };
    return { ...write, table, mutation };
  });
}

function admitAll(
  context: EngineContext,
  planned: readonly PlannedWrite[],
): { readonly admitted: AdmittedWrite[]; readonly refused: PlannedWrite[] } {
  const admitted: AdmittedWrite[] = [];
  const refused: PlannedWrite[] = [];
  let reason: FirnError | undefined;
  for (const write of planned) {
    try {
      context.locks.checkFree(write.mutation);
      admitted.push({ ...write, admission: admitWrite(context, write.mutation) });
    } catch (error) {
      if (!(error instanceof FirnError)) throw error;
      reason = error;
      refused.push(write);
    }
  }
  if (admitted.length === 0 && reason !== undefined) throw reason;
  return { admitted, refused };
}

function answer(
  request: BatchWriteRequest,
  done: {
    readonly admitted: readonly AdmittedWrite[];
    readonly refused: readonly PlannedWrite[];
    readonly results: readonly MutationResult[];
  },
): BatchWriteAnswer {
  const tallies = new Map<TableRecord, CapacityTally>();
  const metrics = new Map<string, ItemCollectionMetrics[]>();
  done.admitted.forEach(({ table, given }, i) => {
    const result = done.results[i] as MutationResult;
    let tally = tallies.get(table);
    if (tally === undefined) tallies.set(table, (tally = new CapacityTally(table)));
    tally.add(result.tableUnits, result.indexUnits);
    const metric = collectionMetrics(table, given, request.returnItemCollectionMetrics);
    if (metric !== undefined) append(metrics, table.name, metric);
  });
  const unprocessed = new Map<string, WriteRequest[]>();
  for (const write of done.refused) append(unprocessed, write.table.name, write.request);
  const consumed = [...tallies.values()].flatMap(
    (tally) => tally.report(request.returnConsumedCapacity) ?? [],
  );
  return {
    unprocessedItems: unprocessed,
    consumedCapacity: consumed.length === 0 ? undefined : consumed,
    itemCollectionMetrics: metrics.size === 0 ? undefined : metrics,
  };
}

function append<T>(lists: Map<string, T[]>, name: string, value: T): void {
  const list = lists.get(name);
  if (list === undefined) lists.set(name, [value]);
  else list.push(value);
}
