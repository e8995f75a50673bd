import { ITEM_BYTES_MAX } from "../constants.ts";
import { invalid } from "../errors.ts";
import { Bindings } from "../expression/bindings.ts";
import type { ExpressionCache } from "../expression/expression-cache.ts";
import type { AttributeMap } from "../value/attribute-value.ts";
import { checkItem } from "../value/check-value.ts";
import { checkExpressionParameters } from "./expression-parameters.ts";
import { writeUnits } from "./index-entries.ts";
import { keyOfItem } from "./item-key.ts";
import { ItemImage } from "./item-image.ts";
import type { PreparedWrite } from "./prepared-write.ts";
import { checkConditionPaths, prepareCondition } from "./prepared-write.ts";
import type { PutRequest } from "./requests.ts";

/** PutItem, and the Put of a transaction. @throws FIRN_TABLE_REQUEST_INVALID. */
export function preparePut(expressions: ExpressionCache, request: PutRequest): PreparedWrite {
  checkExpressionParameters({ ConditionExpression: request.conditionExpression }, request, {
    Expected: request.expected,
  });
  const { item, returnValues } = request;
  const bytes = checkNewItem(item, returnValues);
  const bindings = new Bindings(request);
  const condition = prepareCondition(expressions, request, bindings);
  bindings.checkAllUsed();
  return {
    tableName: request.tableName,
    mutation(table) {
      const key = keyOfItem(table, item);
      checkConditionPaths(table, condition);
      const image = ItemImage.of(item, bytes);
      return {
        table,
        key,
        test: condition?.test,
        needsBefore: returnValues === "ALL_OLD",
        unitsMin: writeUnits(bytes),
        showsFailed: request.returnValuesOnConditionCheckFailure === "ALL_OLD",
        after: () => image,
      };
    },
  };
}

/** The size of an item to be put. @throws FIRN_TABLE_REQUEST_INVALID. */
function checkNewItem(item: AttributeMap, returnValues: PutRequest["returnValues"]): number {
  const bytes = checkItem(item);
  if (returnValues !== undefined && returnValues !== "ALL_OLD" && returnValues !== "NONE") {
    throw invalid("ReturnValues can only be ALL_OLD or NONE");
  }
  checkSize(bytes);
  return bytes;
}

/** @throws FIRN_TABLE_REQUEST_INVALID above 400 KiB. */
export function checkSize(bytes: number): void {
  if (bytes > ITEM_BYTES_MAX) throw invalid("Item size has exceeded the maximum allowed size");
}
