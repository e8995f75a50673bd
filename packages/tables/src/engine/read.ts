import type { TableRecord } from "../catalog/table-record.ts";
import { pick, startKeyNames } from "./item-key.ts";
import { CapacityTally, readUnits } from "./capacity.ts";
import type { ConsumedCapacity, ReturnConsumedCapacity } from "./capacity.ts";
import type { EngineContext } from "./engine-context.ts";
import { asTableNotFound, tableOf } from "./engine-context.ts";
import { prepareGet } from "./get-item.ts";
import type { Page } from "./page-reader.ts";
import { readPage } from "./page-reader.ts";
import type { PlannedRange, PreparedRange } from "./query.ts";
import { isGlobal } from "./range-request.ts";
import type { GetAnswer, GetRequest, PageAnswer, QueryRequest, ScanRequest } from "./requests.ts";
import { StoredItem } from "./stored-item.ts";

/** Reads one item: what is durable, and so always consistent. */
export async function readItem(context: EngineContext, request: GetRequest): Promise<GetAnswer> {
  const prepared = prepareGet(context.expressions, request);
  const found = tableOf(context, prepared.tableName);
  const table = found instanceof Promise ? await found : found;
  const key = prepared.key(table);
  const consistent = request.consistentRead === true;
  const admission = context.throttle.admit("read", readUnits(0, consistent), { table, key });
  const value = await readValue(context, table, key);
  const stored = value === undefined ? undefined : StoredItem.decode(value);
  const units = readUnits(stored?.bytes ?? 0, consistent);
  admission.settle(units);
  return {
    item: stored === undefined ? undefined : prepared.text(stored),
    consumedCapacity: unitsOfRead(table, units, request.returnConsumedCapacity),
  };
}

function unitsOfRead(
  table: TableRecord,
  units: number,
  wanted: ReturnConsumedCapacity | undefined,
): ConsumedCapacity | undefined {
  if (wanted === undefined || wanted === "NONE") return undefined;
  const tally = new CapacityTally(table);
  tally.add(units);
  return tally.report(wanted);
}

/** @throws FIRN_TABLE_NOT_FOUND when the table was dropped meanwhile. */
export function readValue(
  context: EngineContext,
  table: TableRecord,
  key: Uint8Array,
): Promise<Uint8Array | undefined> {
  return context.store.get(table.space, key).catch(throwTableNotFound);
}

function throwTableNotFound(error: unknown): never {
  throw asTableNotFound(error);
}

/** Reads one page of a Query or Scan, from one view of the store. */
export async function readRange(
  context: EngineContext,
  prepared: PreparedRange,
  request: Pick<QueryRequest | ScanRequest, "consistentRead" | "returnConsumedCapacity">,
): Promise<PageAnswer> {
  const found = tableOf(context, prepared.tableName);
  const table = found instanceof Promise ? await found : found;
  const planned = prepared.plan(table);
  const consistent = request.consistentRead === true;
  const least = readUnits(0, consistent);
  const { index, partition } = planned;
  const admission = context.throttle.admit("read", least, { table, index, key: partition });
  const page = await readPlanned(context, planned);
  const tally = chargePage(table, planned, page, consistent);
  admission.settle(tally.units);
  return {
    items: planned.page.countOnly ? undefined : page.items,
    count: page.count,
    scannedCount: page.scanned,
    lastEvaluatedKey:
      page.last === undefined
        ? undefined
        : pick(page.last.attributes(), startKeyNames(table, planned.index)),
    consumedCapacity: tally.capacity.report(request.returnConsumedCapacity),
  };
}

async function readPlanned(context: EngineContext, planned: PlannedRange): Promise<Page> {
  const view = context.store.view();
  try {
    return await readPage(view, planned.page);
  } catch (error) {
    throw asTableNotFound(error);
  } finally {
    view.close();
  }
}

/** Sizes are added up, then rounded; items fetched from the table round one by one. */
function chargePage(
  table: TableRecord,
  { index }: PlannedRange,
  page: Page,
  consistent: boolean,
): { readonly capacity: CapacityTally; readonly units: number } {
  const capacity = new CapacityTally(table);
  const units = readUnits(page.bytes, consistent);
  if (index === undefined) {
    capacity.add(units);
    return { capacity, units };
  }
  let fetched = 0;
  for (const bytes of page.fetched) fetched += readUnits(bytes, consistent);
  capacity.addIndex(index.name, units);
  capacity.add(fetched);
  return { capacity, units: isGlobal(table, index) ? units : units + fetched };
}
