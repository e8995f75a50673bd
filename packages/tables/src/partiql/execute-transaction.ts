import type { TableRecord } from "../catalog/table-record.ts";
import { TRANSACTION_ACTIONS_MAX } from "../constants.ts";
import { tableOf } from "../engine/engine-context.ts";
import { invalid } from "../errors.ts";
import type { ItemRead, WriteStatement } from "./item-statement.ts";
import { lowerRead, lowerWrite, tableNameOf } from "./item-statement.ts";
import type { StatementTarget } from "./execute-statement.ts";
import { prepareStatement } from "./prepare-statement.ts";
import type { SelectStatement, Statement } from "./statement.ts";
import { transactionError, transactionStatementError } from "./statement-errors.ts";
import type {
  ExecuteTransactionAnswer,
  ExecuteTransactionRequest,
  ParameterizedStatement,
} from "./statement-requests.ts";

/**
 * All of the statements or none; of reads, all items as of one moment.
 * @throws FIRN_TABLE_TRANSACTION_CANCELED and others, as the transactions of the engine.
 */
export async function executeTransaction(
  target: StatementTarget,
  request: ExecuteTransactionRequest,
): Promise<ExecuteTransactionAnswer> {
  const { transactStatements } = request;
  if (transactStatements.length > TRANSACTION_ACTIONS_MAX) {
    throw invalid(`A transaction has at most ${TRANSACTION_ACTIONS_MAX} statements`);
  }
  const statements = transactStatements.map((given, i) => at(i, () => prepare(target, given)));
  const reads = statements.filter((each) => each.kind === "select");
  if (reads.length > 0 && reads.length < statements.length) {
    throw invalid(
      "ExecuteTransaction API does not support both read and write operations in the same request.",
    );
  }
  const tables: TableRecord[] = [];
  for (const each of statements) tables.push(await tableOf(target.context, tableNameOf(each)));
  try {
    return reads.length > 0
      ? await readAll(
          target,
          request,
          reads.map((each, i) => at(i, () => lowered(each, tables[i]))),
        )
      : await writeAll(target, request, { statements: statements as WriteStatement[], tables });
  } catch (error) {
    throw transactionError(error, statements);
  }
}

/** Does something for one statement; what goes wrong is told with its place. */
function at<T>(i: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw transactionStatementError(error, i);
  }
}

function prepare({ context }: StatementTarget, given: ParameterizedStatement): Statement {
  const statement = prepareStatement(context.expressions, given);
  if ("returning" in statement && statement.returning !== undefined) {
    throw invalid("RETURNING clause is not supported in ExecuteTransaction.");
  }
  if (statement.kind === "select" && statement.indexName !== undefined) {
    throw invalid("Reads on indices are not supported within transactions.");
  }
  return statement;
}

function lowered(select: SelectStatement, table: TableRecord | undefined): ItemRead {
  const read = lowerRead(select, table as TableRecord);
  if (read !== undefined) return read;
  throw invalid(
    "Select statements within ExecuteTransaction must specify the primary key in the where clause.",
  );
}

async function readAll(
  { engine }: StatementTarget,
  { returnConsumedCapacity }: ExecuteTransactionRequest,
  reads: readonly ItemRead[],
): Promise<ExecuteTransactionAnswer> {
  const { responses, consumedCapacity } = await engine.transactGetItems({
    transactItems: reads.map(({ get }) => ({ get })),
    returnConsumedCapacity,
  });
  return {
    responses: responses.map((item, i) => (item === undefined ? item : reads[i]?.shape(item))),
    consumedCapacity,
  };
}

async function writeAll(
  { engine }: StatementTarget,
  request: ExecuteTransactionRequest,
  writes: { readonly statements: readonly WriteStatement[]; readonly tables: TableRecord[] },
): Promise<ExecuteTransactionAnswer> {
  const { transactStatements, clientRequestToken, returnConsumedCapacity } = request;
  const { consumedCapacity } = await engine.transactWriteItems({
    transactItems: writes.statements.map((statement, i) =>
      at(i, () =>
        lowerWrite(
          statement,
          writes.tables[i] as TableRecord,
          transactStatements[i] as ParameterizedStatement,
        ),
      ),
    ),
    clientRequestToken,
    returnConsumedCapacity,
  });
  return { responses: writes.statements.map(() => undefined), consumedCapacity };
}
