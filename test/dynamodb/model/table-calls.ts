import type { PlainTransactWrite, Tables } from "@firn/tables";
import {
  CANCELED,
  FAILED,
  INVALID,
  MISMATCH,
  asOf,
  changed,
  conditionOf,
  itemOf,
  knownToken,
  nameOf,
  withToken,
  written,
} from "./table-model.ts";
import type { Items, ModelItem, ModelState, Outcome } from "./table-model.ts";
import type { TableOperation, WriteStep } from "./table-operation.ts";

export const tableName = "model";
export const restoredName = "restored";
export const indexName = "by-gk";

/** A change as the engine's call, and what the model says of it. */
export interface PlannedCall {
  readonly run: (tables: Tables) => Promise<unknown>;
  readonly outcome: Outcome;
}

export interface Planning {
  readonly state: ModelState;
  readonly nowMs: number;
  /** A number that no other change has. */
  readonly number: number;
}

type Of<K extends TableOperation["kind"]> = Extract<TableOperation, { readonly kind: K }>;

/** `undefined` for what changes nothing, or finds nothing to change. */
export function plannedCall(
  operation: TableOperation,
  planning: Planning,
): PlannedCall | undefined {
  switch (operation.kind) {
    case "write":
      return write(operation, planning);
    case "batch":
      return batch(operation, planning);
    case "transaction":
      return transaction(operation, planning);
    case "statement":
      return statement(operation, planning);
    case "index":
      return index(operation, planning);
    case "timeToLive":
      return timeToLive(operation, planning);
    case "recovery":
      return recovery(operation, planning);
    case "backUp":
    case "forget":
      return backUp(operation, planning);
    case "restore":
    case "rewind":
    case "drop":
      return restore(operation, planning);
    default:
      return undefined;
  }
}

/** Without the attributes that are `undefined`. */
const plain = (item: ModelItem): { readonly [name: string]: string | number | undefined } => ({
  ...item,
});

/** The parameters of a step's condition. */
function conditionFor(step: WriteStep, items: Items) {
  if (step.if === "none") return {};
  if (step.if === "isThere") return { conditionExpression: "attribute_exists(pk)" };
  if (step.if === "isAbsent") return { conditionExpression: "attribute_not_exists(pk)" };
  return { conditionExpression: "n = :n", values: { ":n": conditionOf(items, step).number } };
}

/** An action of a transaction; a single write is the same request. */
function actionOf(step: WriteStep, { state, nowMs }: Planning): PlainTransactWrite {
  const { pk, sk, act, gk } = step;
  const { conditionExpression, values } = conditionFor(step, state.items);
  const of = { tableName, conditionExpression, expressionAttributeValues: values };
  const key = { pk, sk };
  if (act === "put") return { put: { ...of, item: plain(itemOf(step, nowMs)) } };
  if (act === "delete") return { delete: { ...of, key } };
  if (act === "check") {
    return { conditionCheck: { ...of, key, conditionExpression: conditionExpression ?? "" } };
  }
  const clause = gk === undefined ? "REMOVE gk" : "SET gk = :g";
  return {
    update: {
      ...of,
      key,
      updateExpression: `${clause} ADD n :one`,
      expressionAttributeValues: { ...values, ":one": 1, ...(gk !== undefined && { ":g": gk }) },
    },
  };
}

function write({ step }: Of<"write">, planning: Planning): PlannedCall {
  const { state, nowMs } = planning;
  const action = actionOf(step, planning);
  const run: PlannedCall["run"] = (tables) => {
    if (action.put !== undefined) return tables.putItem(action.put);
    if (action.update !== undefined) return tables.updateItem(action.update);
    return tables.deleteItem(action.delete as NonNullable<typeof action.delete>);
  };
  if (!conditionOf(state.items, step).holds) return { run, outcome: FAILED };
  const items = written(state.items, step, nowMs);
  return { run, outcome: changed(state, items, { names: [nameOf(step)], nowMs }) };
}

/** Conditions do not go with it, and updates are puts. */
function batch({ steps }: Of<"batch">, { state, nowMs }: Planning): PlannedCall {
  const puts = steps.map((step): WriteStep => {
    return { ...step, act: step.act === "delete" ? "delete" : "put" };
  });
  const writes = puts.map((step) =>
    step.act === "delete"
      ? { delete: { pk: step.pk, sk: step.sk } }
      : { put: plain(itemOf(step, nowMs)) },
  );
  const items = puts.reduce((all, step) => written(all, step, nowMs), state.items);
  return {
    run: (tables) => tables.batchWriteItem({ requestItems: { [tableName]: writes } }),
    outcome: changed(state, items, { names: puts.map(nameOf), nowMs }),
  };
}

function transaction(operation: Of<"transaction">, planning: Planning): PlannedCall {
  const { steps, token } = operation;
  const { state, nowMs } = planning;
  const transactItems = steps.map((step) => actionOf(step, planning));
  const request = JSON.stringify(transactItems);
  return {
    run: (tables) => tables.transactWriteItems({ transactItems, clientRequestToken: token }),
    outcome: outcomeOf(operation, { state, nowMs, request }),
  };
}

function outcomeOf(
  { steps, token }: Of<"transaction">,
  { state, nowMs, request }: Omit<Planning, "number"> & { readonly request: string },
): Outcome {
  const known = token === undefined ? undefined : knownToken(state, token, nowMs);
  if (known !== undefined) return known === request ? state : MISMATCH;
  if (steps.some((step) => !conditionOf(state.items, step).holds)) return CANCELED;
  const items = steps.reduce((all, step) => written(all, step, nowMs), state.items);
  const next = changed(state, items, { names: steps.map(nameOf), nowMs });
  return token === undefined ? next : withToken(next, token, { request, nowMs });
}

/** An INSERT makes what is not there, an UPDATE changes what is. */
function statement({ step }: Of<"statement">, { state, nowMs }: Planning): PlannedCall {
  const { pk, sk, act, gk } = step;
  const key = [{ S: pk }, { N: String(sk) }];
  const present = state.items.get(nameOf(step));
  const run =
    (text: string, parameters: readonly ({ readonly S: string } | { readonly N: string })[]) =>
    (tables: Tables): Promise<unknown> =>
      tables.engine.executeStatement({ statement: text, parameters });
  const after = (items: Items): Outcome => changed(state, items, { names: [nameOf(step)], nowMs });
  if (act === "update") {
    const text = `UPDATE "${tableName}" SET n = n + 1 SET gk = ? WHERE pk = ? AND sk = ?`;
    const outcome =
      present === undefined
        ? FAILED
        : after(written(state.items, { ...step, gk: gk ?? "x" }, nowMs));
    return { run: run(text, [{ S: gk ?? "x" }, ...key]), outcome };
  }
  if (act === "delete") {
    const text = `DELETE FROM "${tableName}" WHERE pk = ? AND sk = ?`;
    return { run: run(text, key), outcome: after(written(state.items, step, nowMs)) };
  }
  const text = `INSERT INTO "${tableName}" VALUE {'pk': ?, 'sk': ?, 'n': 5, 'pad': ''}`;
  const items = new Map(state.items).set(nameOf(step), { pk, sk, n: 5, pad: "" });
  const outcome = present === undefined ? after(items) : ["FIRN_TABLE_DUPLICATE_ITEM"];
  return { run: run(text, key), outcome };
}

function index({ on }: Of<"index">, { state }: Planning): PlannedCall {
  const create = {
    indexName,
    keySchema: [
      { attributeName: "gk", keyType: "HASH" },
      { attributeName: "sk", keyType: "RANGE" },
    ],
    projection: { projectionType: "ALL" },
  } as const;
  const attributeDefinitions = (["pk", "sk", "gk"] as const).map((attributeName) => {
    return { attributeName, attributeType: attributeName === "sk" ? "N" : "S" } as const;
  });
  const request = on
    ? { tableName, attributeDefinitions, globalSecondaryIndexUpdates: [{ create }] }
    : { tableName, globalSecondaryIndexUpdates: [{ delete: { indexName } }] };
  const absent = ["FIRN_TABLE_NOT_FOUND", ...INVALID];
  const refusal = on ? INVALID : absent;
  return {
    run: (tables) => tables.updateTable(request),
    outcome: state.hasIndex === on ? refusal : { ...state, hasIndex: on },
  };
}

function timeToLive({ on: enabled }: Of<"timeToLive">, { state }: Planning): PlannedCall {
  const timeToLiveSpecification = { enabled, attributeName: "exp" };
  return {
    run: (tables) => tables.updateTimeToLive({ tableName, timeToLiveSpecification }),
    outcome: state.expires === enabled ? INVALID : { ...state, expires: enabled },
  };
}

function recovery({ on }: Of<"recovery">, { state, nowMs }: Planning): PlannedCall {
  const pointInTimeRecoverySpecification = { pointInTimeRecoveryEnabled: on };
  const since = on ? (state.recovery ?? nowMs) : undefined;
  return {
    run: ({ engine }) =>
      engine.updateContinuousBackups({ tableName, pointInTimeRecoverySpecification }),
    outcome: { ...state, recovery: since },
  };
}

function backUp(operation: Of<"backUp" | "forget">, planning: Planning): PlannedCall | undefined {
  const { state, number } = planning;
  const backups = new Map(state.backups);
  if (operation.kind === "backUp") {
    if (backups.size >= 3) return undefined;
    const backupName = `backup-${number}`;
    return {
      run: ({ engine }) => engine.backups.createBackup({ tableName, backupName }),
      outcome: { ...state, backups: backups.set(backupName, state.items) },
    };
  }
  const name = chosen([...backups.keys()], operation.at);
  if (name === undefined) return undefined;
  backups.delete(name);
  const run: PlannedCall["run"] = async (tables) => {
    const backupArn = await arnOf(tables, name);
    return tables.engine.backups.deleteBackup({ backupArn });
  };
  return { run, outcome: { ...state, backups } };
}

function restore(
  operation: Of<"restore" | "rewind" | "drop">,
  { state }: Planning,
): PlannedCall | undefined {
  const targetTableName = restoredName;
  if (operation.kind === "drop") {
    if (state.restored === undefined) return undefined;
    const run: PlannedCall["run"] = (tables) => tables.deleteTable({ tableName: restoredName });
    return { run, outcome: { ...state, restored: undefined } };
  }
  if (state.restored !== undefined) return undefined;
  if (operation.kind === "restore") {
    const name = chosen([...state.backups.keys()], operation.at);
    if (name === undefined) return undefined;
    const run: PlannedCall["run"] = async (tables) => {
      const backupArn = await arnOf(tables, name);
      return tables.engine.restoreTableFromBackup({ backupArn, targetTableName });
    };
    return { run, outcome: { ...state, restored: state.backups.get(name) } };
  }
  const since = state.recovery;
  const moments = state.pasts
    .map(({ timeMs }) => timeMs)
    .filter((timeMs) => timeMs >= (since ?? 0));
  const restoreDateTime = chosen(moments, operation.at);
  if (restoreDateTime === undefined || since === undefined) return undefined;
  const request = { sourceTableName: tableName, targetTableName, restoreDateTime };
  return {
    run: ({ engine }) => engine.restoreTableToPointInTime(request),
    outcome: { ...state, restored: asOf(state, restoreDateTime) },
  };
}

async function arnOf(tables: Tables, name: string): Promise<string> {
  const { backupSummaries } = await tables.engine.backups.listBackups({ tableName });
  return backupSummaries.find(({ backupName }) => backupName === name)?.backupArn ?? "";
}

function chosen<T>(from: readonly T[], at: number): T | undefined {
  return from.length === 0 ? undefined : from[at % from.length];
}
