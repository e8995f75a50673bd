import type { IndexRecord, TableRecord } from "../catalog/table-record.ts";
import { indexesOf, keyAttributes } from "../catalog/table-record.ts";
import { invalid, invalidParameters } from "../errors.ts";
import { Bindings } from "../expression/bindings.ts";
import type { BoundCondition } from "../expression/condition.ts";
import { bindCondition } from "../expression/condition.ts";
import type { ExpressionCache } from "../expression/expression-cache.ts";
import type { Projection } from "../expression/projection.ts";
import { bindProjection } from "../expression/projection.ts";
import type { AttributeMap } from "../value/attribute-value.ts";
import { checkItem } from "../value/check-value.ts";
import { FirnError } from "@firn/core";
import { attributesProjection } from "../legacy/attributes-to-get.ts";
import { checkConditionalOperator, checkConditions, conditionsTest } from "../legacy/conditions.ts";
import type { LegacyConditions } from "../legacy/legacy-requests.ts";
import { keyBytes, startKeyNames } from "./item-key.ts";
import { checkKeyPaths } from "./key-paths.ts";
import type { PagePlan } from "./page-reader.ts";
import type { QueryRequest, ScanRequest, Select } from "./requests.ts";

/** What Query and Scan share of their parameters, bound. */
export interface RangeExpressions {
  readonly bindings: Bindings;
  /** The conditions of a QueryFilter or ScanFilter, whose names are checked in their own words. */
  readonly legacyFilter: LegacyConditions | undefined;
  readonly filter: BoundCondition | undefined;
  readonly projection: Projection | undefined;
}

/** @throws FIRN_TABLE_REQUEST_INVALID. */
export function bindFilterAndProjection(
  expressions: ExpressionCache,
  bindings: Bindings,
  request: QueryRequest | ScanRequest,
): RangeExpressions {
  const { filterExpression, projectionExpression } = request;
  const label = "FilterExpression";
  const legacyFilter = "scanFilter" in request ? request.scanFilter : queryFilterOf(request);
  const filter =
    filterExpression === undefined
      ? legacyTest(legacyFilter, request)
      : bindCondition(expressions.condition(filterExpression, label), bindings, label);
  const projection =
    projectionExpression === undefined
      ? attributesProjection(request)
      : bindProjection(expressions.projection(projectionExpression), bindings);
  bindings.checkAllUsed();
  return { bindings, filter, projection, legacyFilter };
}

function queryFilterOf(request: QueryRequest | ScanRequest): LegacyConditions | undefined {
  return "queryFilter" in request ? request.queryFilter : undefined;
}

function legacyTest(
  conditions: LegacyConditions | undefined,
  { conditionalOperator }: QueryRequest | ScanRequest,
): BoundCondition | undefined {
  checkConditionalOperator(conditionalOperator, conditions);
  if (conditions === undefined) return undefined;
  checkConditions(conditions);
  return {
    test: conditionsTest(conditions, conditionalOperator),
    paths: Object.keys(conditions).map((name) => [name]),
  };
}

/** Whether `select` and the other parameters agree. @throws FIRN_TABLE_REQUEST_INVALID. */
export function checkSelect(request: QueryRequest | ScanRequest, verb: string): void {
  const { select, projectionExpression, attributesToGet, indexName } = request;
  const projected = projectionExpression !== undefined || attributesToGet !== undefined;
  if (select === "SPECIFIC_ATTRIBUTES" && !projected) {
    throw invalid(
      "Must specify the AttributesToGet or ProjectionExpression when choosing to get " +
        "SPECIFIC_ATTRIBUTES",
    );
  }
  if (projected && select !== undefined && select !== "SPECIFIC_ATTRIBUTES") {
    const how = projectionExpression === undefined ? "AttributesToGet" : "ProjectionExpression";
    const what = select === "COUNT" ? "only the Count" : select;
    throw invalid(`Cannot specify the ${how} when choosing to get ${what}`);
  }
  if (select === "ALL_PROJECTED_ATTRIBUTES" && indexName === undefined) {
    throw invalid(`ALL_PROJECTED_ATTRIBUTES can be used only when ${verb} using an IndexName`);
  }
}

/** The values of a starting key. @throws FIRN_TABLE_REQUEST_INVALID. */
export function checkStartKey(startKey: AttributeMap | undefined): void {
  if (startKey === undefined) return;
  try {
    checkItem(startKey);
  } catch (error) {
    if (!(error instanceof FirnError) || BARE.test(error.message)) throw error;
    throw invalid(`The provided starting key is invalid: ${error.message}`);
  }
}

/** Errors of numbers and duplicates stand alone. */
const BARE = /duplicates|number set|numeric value|significant digits|with magnitude/;

/** The index of that name. @throws FIRN_TABLE_REQUEST_INVALID. */
export function findIndex(
  table: TableRecord,
  request: QueryRequest | ScanRequest,
): IndexRecord | undefined {
  if (request.indexName === undefined) return undefined;
  const index = indexesOf(table).find(({ name }) => name === request.indexName);
  if (index === undefined) {
    throw invalid(`The table does not have the specified index: ${request.indexName}`);
  }
  if (index.backfilling === true) {
    throw invalid(`Cannot read from backfilling global secondary index: ${index.name}`);
  }
  if (isGlobal(table, index) && request.consistentRead === true) {
    throw invalid("Consistent reads are not supported on global secondary indexes");
  }
  return index;
}

export function isGlobal(table: TableRecord, index: IndexRecord): boolean {
  return table.globalIndexes.includes(index);
}

/**
 * How items are answered: as they are stored, cut by a projection, or with attributes fetched from
 * the table. @throws FIRN_TABLE_REQUEST_INVALID.
 */
export function answerPlan(
  table: TableRecord,
  index: IndexRecord | undefined,
  parts: RangeExpressions & { readonly select: Select | undefined },
): Pick<PagePlan, "filter" | "shape" | "countOnly" | "base"> {
  const { filter, projection, select } = parts;
  if (filter !== undefined) checkKeyPaths(table, filter.paths);
  if (projection !== undefined) checkKeyPaths(table, projection.paths);
  const missing = index === undefined ? [] : notProjected(table, index, parts);
  const wantsAll = select === "ALL_ATTRIBUTES" && index?.projection.type !== "ALL";
  const needsTable = index !== undefined && (missing.length > 0 || wantsAll);
  if (needsTable && isGlobal(table, index)) throw notInGlobalIndex(index, missing, wantsAll);
  return {
    filter: filter?.test,
    shape: projection === undefined ? undefined : (item) => projection.apply(item),
    countOnly: select === "COUNT",
    base: needsTable
      ? { space: table.space, key: (entry) => keyBytes(table.key, entry) }
      : undefined,
  };
}

/** Attributes that the request names and the index has not. */
function notProjected(table: TableRecord, index: IndexRecord, parts: RangeExpressions): string[] {
  if (index.projection.type === "ALL") return [];
  const has = new Set([...startKeyNames(table, index), ...index.projection.nonKeyAttributes]);
  const named = (parts.projection?.paths ?? []).map((path) => path[0] as string);
  // A filter sees what a global index has; a local one fetches the rest.
  const filtered = isGlobal(table, index)
    ? []
    : (parts.filter?.paths ?? []).map((path) => path[0] as string);
  return [...new Set([...named, ...filtered])].filter((name) => !has.has(name));
}

function notInGlobalIndex(
  index: IndexRecord,
  missing: readonly string[],
  wantsAll: boolean,
): Error {
  return wantsAll
    ? invalidParameters(
        "Select type ALL_ATTRIBUTES is not supported for global secondary index " +
          `${index.name} because its projection type is not ALL`,
      )
    : invalidParameters(
        `Global secondary index ${index.name} does not project [${missing.join(", ")}]`,
      );
}

/** The key attributes that a filter must not use. */
export function checkFilterKeys(
  names: readonly string[],
  { filter, legacyFilter }: RangeExpressions,
): void {
  const what = legacyFilter === undefined ? "Filter Expression" : "QueryFilter";
  for (const path of filter?.paths ?? []) {
    if (!names.includes(path[0] as string)) continue;
    throw invalid(
      `${what} can only contain non-primary key attributes: ` + `Primary key attribute: ${path[0]}`,
    );
  }
}

/** Names of the key that a request reads along. */
export function keyNames(table: TableRecord, index: IndexRecord | undefined): string[] {
  return keyAttributes((index ?? table).key).map(({ name }) => name);
}
