import type { TableRecord } from "../catalog/table-record.ts";
import { TRANSACTION_ACTIONS_MAX, TRANSACTION_BYTES_MAX } from "../constants.ts";
import { invalid } from "../errors.ts";
import { CapacityTally, readUnits } from "./capacity.ts";
import { CONFLICT, NO_REASON, canceled, cancelIfAny, reasonOf } from "./cancellation.ts";
import type { EngineContext } from "./engine-context.ts";
import { asTableNotFound, tableOf } from "./engine-context.ts";
import type { PreparedGet } from "./get-item.ts";
import { prepareGet } from "./get-item.ts";
import { StoredItem } from "./stored-item.ts";
import type { Admission } from "./throttle.ts";
import { nameOf } from "./transaction-locks.ts";
import type {
  CancellationReason,
  TransactGetAnswer,
  TransactGetRequest,
} from "./transact-requests.ts";

/** Transactional reads cost twice what consistent ones do. */
const COST_FACTOR = 2;

interface PlannedGet {
  readonly prepared: PreparedGet;
  readonly table: TableRecord;
  readonly key: Uint8Array;
}

/**
 * All items as of one moment.
 * @throws FIRN_TABLE_TRANSACTION_CANCELED, also while one of them is in a transaction.
 */
export async function transactGet(
  context: EngineContext,
  request: TransactGetRequest,
): Promise<TransactGetAnswer> {
  const { transactItems } = request;
  if (transactItems.length > TRANSACTION_ACTIONS_MAX) {
    throw invalid(`A transaction has at most ${TRANSACTION_ACTIONS_MAX} actions`);
  }
  const prepared = transactItems.map(({ get }) => prepareGet(context.expressions, get));
  const tables: TableRecord[] = [];
  for (const { tableName } of prepared) tables.push(await tableOf(context, tableName));
  const planned = planGets(prepared, tables);
  if (new Set(planned.map(nameOf)).size !== planned.length) {
    throw invalid("Transaction request cannot include multiple operations on one item");
  }
  cancelIfAny(planned.map((get) => (context.locks.isHeld(get) ? CONFLICT : NO_REASON)));
  const admissions = admitAll(context, planned);
  const items = await readAll(context, planned);
  return answer(request, { planned, items, admissions });
}

function planGets(prepared: readonly PreparedGet[], tables: readonly TableRecord[]): PlannedGet[] {
  const planned: PlannedGet[] = [];
  const reasons: CancellationReason[] = [];
  prepared.forEach((get, i) => {
    const table = tables[i] as TableRecord;
    try {
      planned.push({ prepared: get, table, key: get.key(table) });
      reasons.push(NO_REASON);
    } catch (error) {
      reasons.push(reasonOf(error));
    }
  });
  cancelIfAny(reasons);
  return planned;
}

function admitAll(context: EngineContext, planned: readonly PlannedGet[]): Admission[] {
  const admissions: Admission[] = [];
  const least = COST_FACTOR * readUnits(0, true);
  const reasons = planned.map(({ table, key }) => {
    try {
      admissions.push(context.throttle.admit("read", least, { table, key }));
      return NO_REASON;
    } catch (error) {
      return reasonOf(error);
    }
  });
  if (admissions.length === planned.length) return admissions;
  for (const admission of admissions) admission.settle(0);
  throw canceled(reasons);
}

async function readAll(
  context: EngineContext,
  planned: readonly PlannedGet[],
): Promise<(StoredItem | undefined)[]> {
  const view = context.store.view();
  try {
    const values = await Promise.all(planned.map(({ table, key }) => view.get(table.space, key)));
    return values.map((value) => (value === undefined ? undefined : StoredItem.decode(value)));
  } catch (error) {
    throw asTableNotFound(error);
  } finally {
    view.close();
  }
}

function answer(
  request: TransactGetRequest,
  read: {
    readonly planned: readonly PlannedGet[];
    readonly items: readonly (StoredItem | undefined)[];
    readonly admissions: readonly Admission[];
  },
): TransactGetAnswer {
  const tallies = new Map<string, CapacityTally>();
  let bytes = 0;
  read.planned.forEach(({ table }, i) => {
    const itemBytes = read.items[i]?.bytes ?? 0;
    bytes += itemBytes;
    const units = COST_FACTOR * readUnits(itemBytes, true);
    read.admissions[i]?.settle(units);
    let tally = tallies.get(table.id);
    if (tally === undefined) tallies.set(table.id, (tally = new CapacityTally(table)));
    tally.add(units);
  });
  if (bytes > TRANSACTION_BYTES_MAX) {
    throw invalid(
      "Transaction payload size exceeded: the items of a transaction have at most " +
        `${TRANSACTION_BYTES_MAX} bytes in all`,
    );
  }
  const consumed = [...tallies.values()].flatMap(
    (tally) => tally.report(request.returnConsumedCapacity, "read") ?? [],
  );
  return {
    responses: read.planned.map(({ prepared }, i) => {
      const item = read.items[i];
      return item === undefined ? undefined : prepared.text(item);
    }),
    consumedCapacity: consumed.length === 0 ? undefined : consumed,
  };
}
