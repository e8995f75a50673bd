import { invalid } from "../errors.ts";
import type { ExpressionAttributes } from "../expression/bindings.ts";

/** Parameters of a request by their names on the wire; `undefined` ones were not sent. */
export type Given = Readonly<Record<string, unknown>>;

/**
 * Expressions and the parameters that they replaced exclude one another, and names and values need
 * an expression. `expressions` in DynamoDB's order. @throws FIRN_TABLE_REQUEST_INVALID.
 */
export function checkExpressionParameters(
  expressions: Given,
  attributes: ExpressionAttributes,
  legacy: Given = NOTHING,
): void {
  if (!isAnyGiven(expressions) && !isAnyGiven(legacy) && !hasAttributes(attributes)) return;
  const used = namesOf(expressions);
  const old = namesOf(legacy);
  if (used.length > 0 && old.length > 0) {
    throw invalid(
      "Can not use both expression and non-expression parameters in the same request: " +
        `Non-expression parameters: {${old.join(", ")}} ` +
        `Expression parameters: {${used.join(", ")}}`,
    );
  }
  if (attributes.expressionAttributeNames !== undefined && used.length === 0) {
    throw invalid("ExpressionAttributeNames can only be specified when using expressions");
  }
  if (attributes.expressionAttributeValues === undefined) return;
  const withValues = Object.keys(expressions).filter((name) => name !== "ProjectionExpression");
  if (withValues.some((name) => expressions[name] !== undefined)) return;
  const verb = withValues.length > 1 ? "are" : "is";
  throw invalid(
    "ExpressionAttributeValues can only be specified when using expressions" +
      (withValues.length === 0 ? "" : `: ${withValues.join(" and ")} ${verb} null`),
  );
}

const NOTHING: Given = {};

/** Most requests of single items have no parameters of these at all. */
function isAnyGiven(given: Given): boolean {
  for (const name in given) if (given[name] !== undefined) return true;
  return false;
}

function hasAttributes(given: ExpressionAttributes): boolean {
  const { expressionAttributeNames, expressionAttributeValues } = given;
  return expressionAttributeNames !== undefined || expressionAttributeValues !== undefined;
}

function namesOf(given: Given): string[] {
  return Object.keys(given).filter((name) => given[name] !== undefined);
}
