import { Bindings } from "../expression/bindings.ts";
import type { ExpressionCache } from "../expression/expression-cache.ts";
import { checkItem } from "../value/check-value.ts";
import { checkExpressionParameters } from "./expression-parameters.ts";
import { keyOf } from "./item-key.ts";
import type { PreparedWrite } from "./prepared-write.ts";
import { checkConditionPaths, prepareCondition } from "./prepared-write.ts";
import type { ConditionCheckRequest } from "./transact-requests.ts";

/** The ConditionCheck of a transaction: it writes nothing. @throws FIRN_TABLE_REQUEST_INVALID. */
export function prepareCheck(
  expressions: ExpressionCache,
  request: ConditionCheckRequest,
): PreparedWrite {
  checkExpressionParameters({ ConditionExpression: request.conditionExpression }, request);
  checkItem(request.key);
  const bindings = new Bindings(request);
  const condition = prepareCondition(expressions, request, bindings);
  bindings.checkAllUsed();
  return {
    tableName: request.tableName,
    mutation(table) {
      const key = keyOf(table, request.key);
      checkConditionPaths(table, condition);
      return {
        table,
        key,
        test: condition?.test,
        needsBefore: true,
        unitsMin: 1,
        showsFailed: request.returnValuesOnConditionCheckFailure === "ALL_OLD",
        checksOnly: true,
        after: (before) => before,
      };
    },
  };
}
