import type { TableRecord } from "../catalog/table-record.ts";
import { keyAttributes } from "../catalog/table-record.ts";
import { ITEM_BYTES_MAX } from "../constants.ts";
import { invalid, invalidParameters } from "../errors.ts";
import { applyUpdate } from "../expression/apply-update.ts";
import { Bindings } from "../expression/bindings.ts";
import type { ExpressionCache } from "../expression/expression-cache.ts";
import { Projection } from "../expression/projection.ts";
import type { BoundAction } from "../expression/update.ts";
import { bindUpdate } from "../expression/update.ts";
import type { AttributeMap } from "../value/attribute-value.ts";
import { checkItem } from "../value/check-value.ts";
import { itemBytes } from "../value/item-size.ts";
import { legacyActions } from "../legacy/legacy-actions.ts";
import { checkExpressionParameters } from "./expression-parameters.ts";
import { ItemImage } from "./item-image.ts";
import { checkUpdatedIndexKeys, keyOf, pick } from "./item-key.ts";
import { checkKeyPaths } from "./key-paths.ts";
import type { MutationResult } from "./mutation.ts";
import type { PreparedWrite } from "./prepared-write.ts";
import { checkConditionPaths, prepareCondition } from "./prepared-write.ts";
import type { ItemText, UpdateRequest } from "./requests.ts";

/** Bytes that DynamoDB counts for an update beside its item (measured on the service). */
const UPDATE_BYTES = 3;
const WRITING_ACTION_BYTES = 19;
const CLEARING_ACTION_BYTES = 2;

/** A prepared update also knows what to answer. */
export interface PreparedUpdate extends PreparedWrite {
  attributes(result: MutationResult): ItemText | undefined;
}

/** UpdateItem, and the Update of a transaction. @throws FIRN_TABLE_REQUEST_INVALID. */
export function prepareUpdate(
  expressions: ExpressionCache,
  request: UpdateRequest,
): PreparedUpdate {
  checkExpressionParameters(
    {
      UpdateExpression: request.updateExpression,
      ConditionExpression: request.conditionExpression,
    },
    request,
    { AttributeUpdates: request.attributeUpdates, Expected: request.expected },
  );
  checkItem(request.key);
  const bindings = new Bindings(request);
  const actions =
    request.updateExpression === undefined
      ? legacyActions(request)
      : bindUpdate(expressions.update(request.updateExpression), bindings);
  const condition = prepareCondition(expressions, request, bindings);
  bindings.checkAllUsed();
  return {
    tableName: request.tableName,
    mutation(table) {
      const key = keyOf(table, request.key);
      checkActions(table, actions);
      checkConditionPaths(table, condition);
      return {
        table,
        key,
        test: condition?.test,
        needsBefore: true,
        unitsMin: 1,
        showsFailed: request.returnValuesOnConditionCheckFailure === "ALL_OLD",
        after: (before) => updated(table, before, { key: request.key, actions }),
      };
    },
    attributes: (result) => answer(request.returnValues, actions, result),
  };
}

function checkActions(table: TableRecord, actions: readonly BoundAction[]): void {
  const keys = keyAttributes(table.key).map(({ name }) => name);
  for (const { path } of actions) {
    if (path.length === 1 && keys.includes(path[0] as string)) {
      throw invalidParameters(
        `Cannot update attribute ${path[0]}. This attribute is part of the key`,
      );
    }
  }
  checkKeyPaths(
    table,
    actions.map((action) => action.path),
  );
}

function updated(
  table: TableRecord,
  before: ItemImage | undefined,
  { key, actions }: { readonly key: AttributeMap; readonly actions: readonly BoundAction[] },
): ItemImage {
  const item: AttributeMap = before === undefined ? { ...key } : before.stored.attributes();
  applyUpdate(item, actions);
  const changed = new Set(actions.map((action) => action.path[0] as string));
  checkUpdatedIndexKeys(table, item, changed);
  const bytes = checkItem(item);
  checkUpdatedSize(table, { item, bytes }, actions);
  return ItemImage.of(item, bytes);
}

/** An update is measured without the key, and with something for each action. */
function checkUpdatedSize(
  table: TableRecord,
  { item, bytes }: { readonly item: AttributeMap; readonly bytes: number },
  actions: readonly BoundAction[],
): void {
  // Far below the limit in nearly every case: 300 actions count at most 5,700 bytes.
  if (bytes < ITEM_BYTES_MAX - 300 * WRITING_ACTION_BYTES) return;
  const names = keyAttributes(table.key).map(({ name }) => name);
  let counted = bytes - itemBytes(pick(item, names)) + UPDATE_BYTES;
  for (const { kind } of actions) {
    counted += kind === "remove" ? CLEARING_ACTION_BYTES : WRITING_ACTION_BYTES;
  }
  if (Math.max(bytes, counted) <= ITEM_BYTES_MAX) return;
  throw invalid("Item size to update has exceeded the maximum allowed size");
}

function answer(
  wanted: UpdateRequest["returnValues"],
  actions: readonly BoundAction[],
  result: MutationResult,
): ItemText | undefined {
  switch (wanted) {
    case "ALL_OLD":
      return result.before?.stored.text;
    case "ALL_NEW":
      return result.after?.stored.text;
    case "UPDATED_OLD":
      return updatedPart(result.before?.attributes, actions);
    case "UPDATED_NEW":
      return updatedPart(result.after?.attributes, actions);
    default:
      return undefined;
  }
}

/** What the actions touched; nothing rather than an empty map. */
function updatedPart(
  item: AttributeMap | undefined,
  actions: readonly BoundAction[],
): ItemText | undefined {
  if (item === undefined || actions.length === 0) return undefined;
  const touched = new Projection(actions.map((action) => action.path)).apply(item);
  return Object.keys(touched).length === 0 ? undefined : Buffer.from(JSON.stringify(touched));
}
