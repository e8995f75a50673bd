import { BATCH_STATEMENTS_MAX } from "../constants.ts";
import type { EngineContext } from "../engine/engine-context.ts";
import { tableOf } from "../engine/engine-context.ts";
import type { TableEngine } from "../engine/table-engine.ts";
import type { ItemText, WriteAnswer } from "../engine/requests.ts";
import type { ReturnConsumedCapacity } from "../engine/capacity.ts";
import { invalid } from "../errors.ts";
import type { WriteStatement } from "./item-statement.ts";
import { lowerRead, lowerWrite, tableNameOf } from "./item-statement.ts";
import { mergeCapacity } from "./merge-capacity.ts";
import { prepareStatement } from "./prepare-statement.ts";
import { runSelect } from "./run-select.ts";
import { selectSource } from "./select-source.ts";
import type { SelectStatement, Statement } from "./statement.ts";
import { batchError, statementError } from "./statement-errors.ts";
import type {
  BatchExecuteStatementAnswer,
  BatchExecuteStatementRequest,
  BatchStatement,
  BatchStatementAnswer,
  ExecuteStatementAnswer,
  ExecuteStatementRequest,
  ParameterizedStatement,
} from "./statement-requests.ts";

/** The engine that statements are carried out by, and what it knows of its tables. */
export interface StatementTarget {
  readonly engine: TableEngine;
  readonly context: EngineContext;
}

/** @throws FIRN_TABLE_DUPLICATE_ITEM, FIRN_TABLE_CONDITION_FAILED, FIRN_TABLE_REQUEST_INVALID, … */
export async function executeStatement(
  target: StatementTarget,
  request: ExecuteStatementRequest,
): Promise<ExecuteStatementAnswer> {
  const statement = prepareStatement(target.context.expressions, request);
  try {
    if (statement.kind === "select") return await runSelect(target.context, statement, request);
    const { nextToken, returnConsumedCapacity } = request;
    if (nextToken !== undefined) throw invalid("NextToken does not match request");
    if (statement.kind === "exists") throw existsOutside();
    const { attributes, consumedCapacity } = await runWrite(target, statement, {
      ...request,
      returnConsumedCapacity,
    });
    return { items: attributes === undefined ? [] : [attributes], consumedCapacity };
  } catch (error) {
    throw statementError(error, statement);
  }
}

/** Each statement for itself: what is wrong with one is told in its place. */
export async function batchExecuteStatement(
  target: StatementTarget,
  request: BatchExecuteStatementRequest,
): Promise<BatchExecuteStatementAnswer> {
  const { statements, returnConsumedCapacity } = request;
  if (statements.length > BATCH_STATEMENTS_MAX) {
    throw invalid(`A batch has at most ${BATCH_STATEMENTS_MAX} statements`);
  }
  const parsed = statements.map((given) => tryPrepare(target.context, given));
  const kinds = parsed.flatMap((each) => ("kind" in each ? [each.kind === "select"] : []));
  if (new Set(kinds).size > 1) {
    throw invalid("Read and write requests together in the same batch is not supported.");
  }
  const used: WriteAnswer["consumedCapacity"][] = [];
  const responses = await Promise.all(
    parsed.map(async (statement, i): Promise<BatchStatementAnswer> => {
      if (!("kind" in statement)) return statement;
      const given = { ...(statements[i] as BatchStatement), returnConsumedCapacity };
      try {
        const { item, consumedCapacity } = await runOne(target, statement, given);
        used.push(consumedCapacity);
        return { tableName: tableNameOf(statement), item };
      } catch (error) {
        return { error: batchError(statementError(error, statement)) };
      }
    }),
  );
  return { responses, consumedCapacity: mergeCapacity(used) };
}

function tryPrepare(
  { expressions }: EngineContext,
  given: ParameterizedStatement,
): Statement | BatchStatementAnswer {
  try {
    return prepareStatement(expressions, given);
  } catch (error) {
    return { error: batchError(error) };
  }
}

interface OneItem {
  readonly item: ItemText | undefined;
  readonly consumedCapacity: WriteAnswer["consumedCapacity"];
}

type Given = BatchStatement & {
  readonly returnConsumedCapacity: ReturnConsumedCapacity | undefined;
};

async function runOne(
  target: StatementTarget,
  statement: Statement,
  given: Given,
): Promise<OneItem> {
  if (statement.kind === "exists") throw existsOutside();
  if (statement.kind === "select") return readOne(target, statement, given);
  const { attributes, consumedCapacity } = await runWrite(target, statement, given);
  return { item: attributes, consumedCapacity };
}

async function readOne(
  { engine, context }: StatementTarget,
  select: SelectStatement,
  { consistentRead, returnConsumedCapacity }: Given,
): Promise<OneItem> {
  const table = await tableOf(context, select.tableName);
  selectSource(select, table, consistentRead);
  const read = lowerRead(select, table);
  if (read === undefined) {
    throw invalid(
      "Select statements within BatchExecuteStatement must specify the primary key in the where " +
        "clause.",
    );
  }
  const { item, consumedCapacity } = await engine.getItem({
    ...read.get,
    consistentRead,
    returnConsumedCapacity,
  });
  return { item: item === undefined ? undefined : read.shape(item), consumedCapacity };
}

async function runWrite(
  { engine, context }: StatementTarget,
  statement: Exclude<WriteStatement, { readonly kind: "exists" }>,
  given: Given,
): Promise<WriteAnswer> {
  const lowered = lowerWrite(statement, await tableOf(context, statement.tableName), given);
  const { returnConsumedCapacity } = given;
  const returnValues = statement.kind === "insert" ? undefined : statement.returning;
  const wanted = { returnConsumedCapacity, returnValues };
  if (lowered.put !== undefined) return engine.putItem({ ...lowered.put, ...wanted });
  if (lowered.update !== undefined) return engine.updateItem({ ...lowered.update, ...wanted });
  const request = lowered.delete as NonNullable<typeof lowered.delete>;
  return engine.deleteItem({ ...request, ...wanted });
}

function existsOutside(): Error {
  return invalid("EXISTS() is only supported in ExecuteTransaction");
}
