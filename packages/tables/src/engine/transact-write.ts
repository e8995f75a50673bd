import type { Transaction } from "@firn/core";
import type { TableRecord } from "../catalog/table-record.ts";
import { TRANSACTION_ACTIONS_MAX, TRANSACTION_BYTES_MAX } from "../constants.ts";
import { invalid } from "../errors.ts";
import type { AttributeMap } from "../value/attribute-value.ts";
import type { ConsumedCapacity } from "./capacity.ts";
import { CapacityTally, readUnits } from "./capacity.ts";
import { CONFLICT, NO_REASON, canceled, cancelIfAny, reasonOf } from "./cancellation.ts";
import { prepareCheck } from "./condition-check.ts";
import { prepareDelete } from "./delete-item.ts";
import type { EngineContext } from "./engine-context.ts";
import { readsOf, tableOf } from "./engine-context.ts";
import { assertFresh, withFreshTables } from "./fresh-tables.ts";
import { ItemImage } from "./item-image.ts";
import type { Mutation, MutationResult } from "./mutation.ts";
import { applyMutation } from "./mutation.ts";
import type { PreparedWrite } from "./prepared-write.ts";
import { preparePut } from "./put-item.ts";
import type { ItemCollectionMetrics } from "./requests.ts";
import type { Admission } from "./throttle.ts";
import type { TokenCheck } from "./transaction-tokens.ts";
import { nameOf } from "./transaction-locks.ts";
import type {
  CancellationReason,
  TransactWriteAnswer,
  TransactWriteItem,
  TransactWriteRequest,
} from "./transact-requests.ts";
import { prepareUpdate } from "./update-item.ts";
import { admitWrite, collectionMetrics, settleWrite } from "./write.ts";

/** Transactions cost twice: once to prepare, once to commit. Indexes cost as ever. */
const COST_FACTOR = 2;

interface Action {
  readonly prepared: PreparedWrite;
  /** The item or the key. */
  readonly given: AttributeMap;
}

interface PlannedAction extends Action {
  readonly mutation: Mutation;
}

/** What the transaction did; `undefined` when its token says that it was done before. */
type Outcome = readonly MutationResult[] | undefined;

/**
 * All of the writes, or none. Resolves after they are durable.
 * @throws FIRN_TABLE_TRANSACTION_CANCELED with a reason for each action, FIRN_TABLE_TOKEN_MISMATCH,
 * FIRN_TABLE_NOT_FOUND, FIRN_TABLE_REQUEST_INVALID.
 */
export async function transactWrite(
  context: EngineContext,
  request: TransactWriteRequest,
): Promise<TransactWriteAnswer> {
  const actions = prepareActions(context, request);
  return withFreshTables(context, () => attemptTransaction(context, request, actions));
}

async function attemptTransaction(
  context: EngineContext,
  request: TransactWriteRequest,
  actions: readonly Action[],
): Promise<TransactWriteAnswer> {
  const tables: TableRecord[] = [];
  for (const { prepared } of actions) tables.push(await tableOf(context, prepared.tableName));
  const planned = planActions(actions, tables);
  checkDistinct(planned);
  const { clientRequestToken: token, transactItems } = request;
  const check =
    token === undefined ? undefined : context.tokens.check(context.scope, token, transactItems);
  const mutations = planned.map(({ mutation }) => mutation);
  cancelIfAny(mutations.map((mutation) => (context.locks.isHeld(mutation) ? CONFLICT : NO_REASON)));
  const admissions = admitAll(context, mutations);
  const results = await context.locks.hold(mutations, () => commit(context, mutations, check));
  if (results !== undefined) {
    results.forEach((result, i) =>
      settleWrite(context, mutations[i] as Mutation, doubled(result), admissions[i] as Admission),
    );
  }
  return answer(request, planned, results ?? (await replayed(context, mutations)));
}

function prepareActions(context: EngineContext, request: TransactWriteRequest): Action[] {
  const { transactItems } = request;
  if (transactItems.length > TRANSACTION_ACTIONS_MAX) {
    throw invalid(`A transaction has at most ${TRANSACTION_ACTIONS_MAX} actions`);
  }
  return transactItems.map((item) => prepareAction(context, item));
}

function prepareAction({ expressions }: EngineContext, item: TransactWriteItem): Action {
  const given = [item.conditionCheck, item.put, item.delete, item.update];
  if (given.filter((each) => each !== undefined).length !== 1) {
    throw invalid("TransactItems can only contain one of Check, Put, Update or Delete");
  }
  if (item.put !== undefined) {
    return { prepared: preparePut(expressions, item.put), given: item.put.item };
  }
  if (item.update !== undefined) {
    return { prepared: prepareUpdate(expressions, item.update), given: item.update.key };
  }
  if (item.delete !== undefined) {
    return { prepared: prepareDelete(expressions, item.delete), given: item.delete.key };
  }
  const check = item.conditionCheck as NonNullable<typeof item.conditionCheck>;
  return { prepared: prepareCheck(expressions, check), given: check.key };
}

/** What does not fit its table cancels the transaction. @throws FIRN_TABLE_TRANSACTION_CANCELED. */
function planActions(actions: readonly Action[], tables: readonly TableRecord[]): PlannedAction[] {
  const reasons: CancellationReason[] = [];
  const planned: PlannedAction[] = [];
  actions.forEach((action, i) => {
    try {
      const mutation = action.prepared.mutation(tables[i] as TableRecord);
      planned.push({ ...action, mutation });
      reasons.push(NO_REASON);
    } catch (error) {
      reasons.push(reasonOf(error));
    }
  });
  cancelIfAny(reasons);
  return planned;
}

function checkDistinct(planned: readonly PlannedAction[]): void {
  const names = new Set(planned.map(({ mutation }) => nameOf(mutation)));
  if (names.size === planned.length) return;
  throw invalid("Transaction request cannot include multiple operations on one item");
}

/** @throws FIRN_TABLE_TRANSACTION_CANCELED when throughput does not allow all of it. */
function admitAll(context: EngineContext, mutations: readonly Mutation[]): Admission[] {
  const admissions: Admission[] = [];
  const reasons = mutations.map((mutation) => {
    try {
      const unitsMin = COST_FACTOR * mutation.unitsMin;
      admissions.push(admitWrite(context, { ...mutation, unitsMin }));
      return NO_REASON;
    } catch (error) {
      return reasonOf(error);
    }
  });
  if (admissions.length === mutations.length) return admissions;
  // Nothing happens, so nothing is used.
  for (const admission of admissions) admission.settle(0);
  throw canceled(reasons);
}

function commit(
  context: EngineContext,
  mutations: readonly Mutation[],
  check: TokenCheck | undefined,
): Promise<Outcome> {
  return context.store.transact(
    (tx) => {
      assertFresh(context, mutations);
      if (check?.seen(tx) === true) return undefined;
      const results = applyAll(tx, mutations);
      check?.remember(tx);
      return results;
    },
    {
      reads: [...readsOf(mutations, true), ...(check?.reads ?? [])],
      ranges: check?.ranges,
    },
  );
}

/** @throws FIRN_TABLE_TRANSACTION_CANCELED, which undoes what was written so far. */
function applyAll(tx: Transaction, mutations: readonly Mutation[]): MutationResult[] {
  const results: MutationResult[] = [];
  const reasons = mutations.map((mutation, ordinal): CancellationReason => {
    try {
      const result = applyMutation(tx, mutation, { exact: true, ordinal });
      results.push(result);
      return result.failed ? failedReason(mutation, result) : NO_REASON;
    } catch (error) {
      return reasonOf(error);
    }
  });
  cancelIfAny(reasons);
  checkTotal(results);
  return results;
}

function failedReason(mutation: Mutation, result: MutationResult): CancellationReason {
  return {
    code: "ConditionalCheckFailed",
    message: "The conditional request failed",
    item: mutation.showsFailed ? result.before?.stored.text : undefined,
  };
}

function checkTotal(results: readonly MutationResult[]): void {
  let bytes = 0;
  for (const { after } of results) bytes += after?.stored.bytes ?? 0;
  if (bytes <= TRANSACTION_BYTES_MAX) return;
  throw invalid(
    "Transaction payload size exceeded: the items of a transaction have at most " +
      `${TRANSACTION_BYTES_MAX} bytes in all`,
  );
}

function doubled(result: MutationResult): MutationResult {
  return { ...result, tableUnits: COST_FACTOR * result.tableUnits };
}

/** A retry of what was done before costs reads, of the items as they are. */
interface Replayed {
  readonly readUnits: readonly number[];
}

async function replayed(context: EngineContext, mutations: readonly Mutation[]): Promise<Replayed> {
  const values = await Promise.all(
    mutations.map(({ table, key }) => context.store.get(table.space, key)),
  );
  return {
    readUnits: values.map((value) => {
      const bytes = value === undefined ? 0 : ItemImage.ofValue(value).stored.bytes;
      return COST_FACTOR * readUnits(bytes, true);
    }),
  };
}

function answer(
  request: TransactWriteRequest,
  planned: readonly PlannedAction[],
  outcome: readonly MutationResult[] | Replayed,
): TransactWriteAnswer {
  const tallies = new Map<string, CapacityTally>();
  const metrics = new Map<string, ItemCollectionMetrics[]>();
  planned.forEach(({ mutation: { table }, given }, i) => {
    let tally = tallies.get(table.id);
    if (tally === undefined) tallies.set(table.id, (tally = new CapacityTally(table)));
    if ("readUnits" in outcome) {
      tally.add(outcome.readUnits[i] as number);
      return;
    }
    const result = outcome[i] as MutationResult;
    tally.add(COST_FACTOR * result.tableUnits, result.indexUnits);
    const metric = collectionMetrics(table, given, request.returnItemCollectionMetrics);
    if (metric !== undefined) metrics.set(table.name, [...(metrics.get(table.name) ?? []), metric]);
  });
  const kind = "readUnits" in outcome ? "read" : "write";
  const consumed: ConsumedCapacity[] = [...tallies.values()].flatMap(
    (tally) => tally.report(request.returnConsumedCapacity, kind) ?? [],
  );
  return {
    consumedCapacity: consumed.length === 0 ? undefined : consumed,
    itemCollectionMetrics: metrics.size === 0 ? undefined : metrics,
  };
}
