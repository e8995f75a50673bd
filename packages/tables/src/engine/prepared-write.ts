import type { TableRecord } from "../catalog/table-record.ts";
import type { Bindings } from "../expression/bindings.ts";
import type { BoundCondition } from "../expression/condition.ts";
import { bindCondition } from "../expression/condition.ts";
import type { ExpressionCache } from "../expression/expression-cache.ts";
import { expectedTest } from "../legacy/expected.ts";
import type { LegacyExpected } from "../legacy/legacy-requests.ts";
import { checkKeyPaths } from "./key-paths.ts";
import type { Mutation } from "./mutation.ts";

/**
 * A write whose request has been checked as far as that goes without its table: DynamoDB reports
 * those errors before it says that there is no such table.
 */
export interface PreparedWrite {
  readonly tableName: string;
  /** @throws FIRN_TABLE_REQUEST_INVALID for what does not fit the table. */
  mutation(table: TableRecord): Mutation;
}

/** Parses and binds a condition, if there is one. @throws FIRN_TABLE_REQUEST_INVALID. */
export function prepareCondition(
  expressions: ExpressionCache,
  request: LegacyExpected & { readonly conditionExpression?: string | undefined },
  bindings: Bindings,
): BoundCondition | undefined {
  const source = request.conditionExpression;
  if (source === undefined) {
    const test = expectedTest(request);
    return test === undefined ? undefined : { test, paths: [] };
  }
  const label = "ConditionExpression";
  return bindCondition(expressions.condition(source, label), bindings, label);
}

/** Checks the paths of a condition against the table's keys. @throws FIRN_TABLE_REQUEST_INVALID. */
export function checkConditionPaths(
  table: TableRecord,
  condition: BoundCondition | undefined,
): void {
  if (condition !== undefined) checkKeyPaths(table, condition.paths);
}
