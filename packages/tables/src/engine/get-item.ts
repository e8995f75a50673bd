import type { TableRecord } from "../catalog/table-record.ts";
import { Bindings } from "../expression/bindings.ts";
import type { ExpressionAttributes } from "../expression/bindings.ts";
import type { ExpressionCache } from "../expression/expression-cache.ts";
import type { Projection } from "../expression/projection.ts";
import { bindProjection } from "../expression/projection.ts";
import { checkItem } from "../value/check-value.ts";
import { attributesProjection } from "../legacy/attributes-to-get.ts";
import type { LegacyProjected } from "../legacy/legacy-requests.ts";
import { checkExpressionParameters } from "./expression-parameters.ts";
import { keyOf } from "./item-key.ts";
import { checkKeyPaths } from "./key-paths.ts";
import type { GetRequest, ItemText } from "./requests.ts";
import { StoredItem } from "./stored-item.ts";

/** A read of one item whose request has been checked; then it needs its table. */
export interface PreparedGet {
  readonly tableName: string;
  /** The key's bytes. @throws FIRN_TABLE_REQUEST_INVALID for what does not fit the table. */
  key(table: TableRecord): Uint8Array;
  /** What to answer of the stored item. */
  text(item: StoredItem): ItemText;
}

/** @throws FIRN_TABLE_REQUEST_INVALID. */
export function prepareGet(
  expressions: ExpressionCache,
  request: Omit<GetRequest, "returnConsumedCapacity">,
): PreparedGet {
  checkExpressionParameters({ ProjectionExpression: request.projectionExpression }, request, {
    AttributesToGet: request.attributesToGet,
  });
  checkItem(request.key);
  const projection = bindOptionalProjection(expressions, request);
  return {
    tableName: request.tableName,
    key(table) {
      if (projection !== undefined) checkKeyPaths(table, projection.paths);
      return keyOf(table, request.key);
    },
    text: (item) => project(projection, item),
  };
}

/** @throws FIRN_TABLE_REQUEST_INVALID. */
export function bindOptionalProjection(
  expressions: ExpressionCache,
  request: ExpressionAttributes &
    LegacyProjected & { readonly projectionExpression?: string | undefined },
): Projection | undefined {
  const bindings = new Bindings(request);
  const source = request.projectionExpression;
  const projection =
    source === undefined
      ? attributesProjection(request)
      : bindProjection(expressions.projection(source), bindings);
  bindings.checkAllUsed();
  return projection;
}

/** The text of an item, cut to the projection. */
export function project(projection: Projection | undefined, item: StoredItem): ItemText {
  return projection === undefined
    ? item.text
    : Buffer.from(JSON.stringify(projection.apply(item.attributes())));
}
