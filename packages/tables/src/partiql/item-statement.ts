import type { TableRecord } from "../catalog/table-record.ts";
import { keyAttributes } from "../catalog/table-record.ts";
import type { GetRequest, ItemText } from "../engine/requests.ts";
import type { TransactWriteItem } from "../engine/transact-requests.ts";
import { invalid } from "../errors.ts";
import type { Condition } from "../expression/ast.ts";
import type { ItemWhere } from "./item-where.ts";
import { ExpressionWriter } from "./expression-writer.ts";
import { itemWhere } from "./item-where.ts";
import { malformed } from "./malformed.ts";
import { shapeOf } from "./select-shape.ts";
import type {
  DeleteStatement,
  ExistsStatement,
  InsertStatement,
  SelectStatement,
  Statement,
  UpdateStatement,
} from "./statement.ts";
import type { ParameterizedStatement } from "./statement-requests.ts";

/** A statement on one item that is not a plain read. */
export type WriteStatement = Exclude<Statement, SelectStatement>;

type OnFailure = Pick<ParameterizedStatement, "returnValuesOnConditionCheckFailure">;

/** A read of one item. */
export interface ItemRead {
  readonly get: Pick<
    GetRequest,
    "tableName" | "key" | "projectionExpression" | "expressionAttributeNames"
  >;
  shape(item: ItemText): ItemText;
}

export function tableNameOf(statement: Statement): string {
  return statement.kind === "exists" ? statement.select.tableName : statement.tableName;
}

/** As a read of one item; `undefined` when the WHERE is not its key and nothing else. */
export function lowerRead(select: SelectStatement, table: TableRecord): ItemRead | undefined {
  const { naming, where, tableName, indexName, orderBy } = select;
  const found = itemWhere(naming, where, table.key);
  if (found === undefined || found.rest.length > 0) return undefined;
  if (indexName !== undefined || orderBy.length > 0) return undefined;
  const writer = new ExpressionWriter(naming);
  const { projectionExpression, shape } = shapeOf(select, writer);
  const { expressionAttributeNames } = writer.attributes;
  return {
    get: { tableName, key: found.key, projectionExpression, expressionAttributeNames },
    shape,
  };
}

/** As an action of a transaction; one outside of a transaction is the same request. */
export function lowerWrite(
  statement: WriteStatement,
  table: TableRecord,
  failure: OnFailure,
): TransactWriteItem {
  const { returnValuesOnConditionCheckFailure } = failure;
  const common = { tableName: table.name, returnValuesOnConditionCheckFailure };
  switch (statement.kind) {
    case "insert":
      return { put: { ...common, ...lowerInsert(statement, table) } };
    case "update":
      return { update: { ...common, ...lowerUpdate(statement, table) } };
    case "delete":
      return { delete: { ...common, ...lowerDelete(statement, table) } };
    case "exists":
      return { conditionCheck: { ...common, ...lowerExists(statement, table) } };
  }
}

type Lowered<K extends keyof TransactWriteItem> = Omit<
  NonNullable<TransactWriteItem[K]>,
  "tableName" | "returnValuesOnConditionCheckFailure"
>;

function lowerInsert({ naming, item }: InsertStatement, table: TableRecord): Lowered<"put"> {
  if (!("M" in item)) throw malformed("Unexpected term");
  const writer = new ExpressionWriter(naming);
  const conditionExpression = `attribute_not_exists(${keyName(writer, table)})`;
  return { item: item.M, conditionExpression, ...writer.attributes };
}

/** An UPDATE changes what is there; it makes nothing. */
function lowerUpdate(statement: UpdateStatement, table: TableRecord): Lowered<"update"> {
  const { key, rest } = oneItem(statement, table);
  const writer = new ExpressionWriter(statement.naming);
  const exists = `attribute_exists(${keyName(writer, table)})`;
  const conditionExpression = [exists, ...terms(writer, rest)].join(" AND ");
  const updateExpression = writer.update(statement.actions);
  return { key, updateExpression, conditionExpression, ...writer.attributes };
}

/** A DELETE of what is not there succeeds, whatever else it asks for. */
function lowerDelete(statement: DeleteStatement, table: TableRecord): Lowered<"delete"> {
  const { key, rest } = oneItem(statement, table);
  if (rest.length === 0) return { key };
  const writer = new ExpressionWriter(statement.naming);
  const asked = terms(writer, rest).join(" AND ");
  const conditionExpression = `attribute_not_exists(${keyName(writer, table)}) OR ${asked}`;
  return { key, conditionExpression, ...writer.attributes };
}

function lowerExists({ select }: ExistsStatement, table: TableRecord): Lowered<"conditionCheck"> {
  const found = itemWhere(select.naming, select.where, table.key);
  if (found === undefined || found.rest.length === 0 || select.indexName !== undefined) {
    throw invalid("EXISTS() must contain a single item read with additional condition");
  }
  const writer = new ExpressionWriter(select.naming);
  const conditionExpression = terms(writer, found.rest).join(" AND ");
  return { key: found.key, conditionExpression, ...writer.attributes };
}

function oneItem(
  { naming, where }: UpdateStatement | DeleteStatement,
  table: TableRecord,
): ItemWhere {
  const found = itemWhere(naming, where, table.key);
  if (found !== undefined) return found;
  throw invalid("Where clause does not contain a mandatory equality on all key attributes");
}

/** Each fit to stand between ANDs. */
function terms(writer: ExpressionWriter, conditions: readonly Condition[]): string[] {
  return conditions.map((condition) => {
    const text = writer.condition(condition);
    return condition.kind === "or" ? `(${text})` : text;
  });
}

/** The partition key's name: every item has it. */
function keyName(writer: ExpressionWriter, { key }: TableRecord): string {
  return writer.name(keyAttributes(key)[0]?.name ?? "");
}
