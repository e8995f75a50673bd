import { Bindings } from "../expression/bindings.ts";
import { bindCondition } from "../expression/condition.ts";
import type { ExpressionCache } from "../expression/expression-cache.ts";
import { ExpressionWriter } from "./expression-writer.ts";
import type { Statement } from "./statement.ts";
import { statementError } from "./statement-errors.ts";
import { parseStatement } from "./statement-parser.ts";
import type { ParameterizedStatement } from "./statement-requests.ts";

/**
 * Parses a statement and checks what its WHERE alone tells: that comes before its table is looked
 * for. @throws FIRN_TABLE_REQUEST_INVALID.
 */
export function prepareStatement(
  expressions: ExpressionCache,
  { statement, parameters }: ParameterizedStatement,
): Statement {
  const parsed = parseStatement(statement, parameters);
  try {
    checkWhere(expressions, parsed);
  } catch (error) {
    throw statementError(error);
  }
  return parsed;
}

function checkWhere(expressions: ExpressionCache, statement: Statement): void {
  if (statement.kind === "insert") return;
  const { naming, where } = statement.kind === "exists" ? statement.select : statement;
  if (where === undefined) return;
  const writer = new ExpressionWriter(naming);
  const text = writer.condition(where);
  const label = "FilterExpression";
  bindCondition(expressions.condition(text, label), new Bindings(writer.attributes), label);
}
