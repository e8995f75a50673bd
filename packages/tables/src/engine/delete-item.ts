import { invalid } from "../errors.ts";
import { Bindings } from "../expression/bindings.ts";
import type { ExpressionCache } from "../expression/expression-cache.ts";
import { checkItem } from "../value/check-value.ts";
import { checkExpressionParameters } from "./expression-parameters.ts";
import { keyOf } from "./item-key.ts";
import type { PreparedWrite } from "./prepared-write.ts";
import { checkConditionPaths, prepareCondition } from "./prepared-write.ts";
import type { DeleteRequest } from "./requests.ts";

/** DeleteItem, and the Delete of a transaction. @throws FIRN_TABLE_REQUEST_INVALID. */
export function prepareDelete(expressions: ExpressionCache, request: DeleteRequest): PreparedWrite {
  checkExpressionParameters({ ConditionExpression: request.conditionExpression }, request, {
    Expected: request.expected,
  });
  const { returnValues } = request;
  checkItem(request.key);
  if (returnValues !== undefined && returnValues !== "ALL_OLD" && returnValues !== "NONE") {
    throw invalid("ReturnValues can only be ALL_OLD or NONE");
  }
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
        needsBefore: returnValues === "ALL_OLD",
        unitsMin: 1,
        showsFailed: request.returnValuesOnConditionCheckFailure === "ALL_OLD",
        after: () => undefined,
      };
    },
  };
}
