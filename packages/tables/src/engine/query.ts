import type { IndexRecord, KeyAttribute, TableRecord } from "../catalog/table-record.ts";
import { invalid, invalidParameters } from "../errors.ts";
import { Bindings } from "../expression/bindings.ts";
import type { ExpressionCache } from "../expression/expression-cache.ts";
import type { KeyTerm } from "../expression/key-condition.ts";
import { bindKeyCondition } from "../expression/key-condition.ts";
import { contentOf } from "../value/attribute-value.ts";
import type { KeyPart } from "../value/key-bytes.ts";
import { afterPrefix, closedPart, joinKey, openPart, partitionKey } from "../value/key-bytes.ts";
import { keyConditionTerms } from "../legacy/conditions.ts";
import { checkExpressionParameters } from "./expression-parameters.ts";
import type { KeyBounds, PagePlan } from "./page-reader.ts";
import {
  answerPlan,
  bindFilterAndProjection,
  checkFilterKeys,
  checkSelect,
  checkStartKey,
  findIndex,
  keyNames,
} from "./range-request.ts";
import type { QueryRequest } from "./requests.ts";
import { startAt } from "./start-key.ts";

/** A Query whose request has been checked; then it needs its table. */
export interface PreparedRange {
  readonly tableName: string;
  /** @throws FIRN_TABLE_REQUEST_INVALID for what does not fit the table. */
  plan(table: TableRecord): PlannedRange;
}

export interface PlannedRange {
  readonly index: IndexRecord | undefined;
  /** What every key of the range begins with, when they lie in one partition. */
  readonly partition?: Uint8Array | undefined;
  readonly page: PagePlan;
}

/**
 * `keysInFilter`: the filter may look at the key too, as a PartiQL statement does.
 * @throws FIRN_TABLE_REQUEST_INVALID.
 */
export function prepareQuery(
  expressions: ExpressionCache,
  request: QueryRequest,
  keysInFilter = false,
): PreparedRange {
  const { keyConditionExpression, exclusiveStartKey } = request;
  checkExpressionParameters(
    {
      ProjectionExpression: request.projectionExpression,
      FilterExpression: request.filterExpression,
      KeyConditionExpression: keyConditionExpression,
    },
    request,
    {
      AttributesToGet: request.attributesToGet,
      QueryFilter: request.queryFilter,
      ConditionalOperator: request.conditionalOperator,
      // KeyConditions may stand beside the other expressions, though not beside their own.
      KeyConditions: keyConditionExpression === undefined ? undefined : request.keyConditions,
    },
  );
  checkStartKey(exclusiveStartKey);
  const bindings = new Bindings(request);
  const terms = termsOf(expressions, request, bindings);
  const parts = bindFilterAndProjection(expressions, bindings, request);
  checkSelect(request, "Querying");
  return {
    tableName: request.tableName,
    plan(table) {
      const index = findIndex(table, request);
      const reverse = request.scanIndexForward === false;
      const bounds = boundsOf(index ?? table, terms);
      const start = startAt({ table, index, terms }, exclusiveStartKey);
      if (!keysInFilter) checkFilterKeys(keyNames(table, index), parts);
      return {
        index,
        partition: bounds.gte,
        page: {
          space: (index ?? table).space,
          bounds: start === undefined ? bounds : behind(bounds, start, reverse),
          reverse,
          limit: request.limit ?? Infinity,
          ...answerPlan(table, index, { ...parts, select: request.select }),
        },
      };
    },
  };
}

function termsOf(
  expressions: ExpressionCache,
  request: QueryRequest,
  bindings: Bindings,
): ReadonlyMap<string, KeyTerm> {
  const { keyConditionExpression: source, keyConditions } = request;
  if (source !== undefined) {
    return bindKeyCondition(expressions.condition(source, "KeyConditionExpression"), bindings);
  }
  if (keyConditions !== undefined) return keyConditionTerms(keyConditions);
  throw invalid(
    "Either the KeyConditions or KeyConditionExpression parameter must be specified in the " +
      "request.",
  );
}

/** What is left of a range behind the starting key. */
export function behind(bounds: KeyBounds, start: Uint8Array, reverse: boolean): KeyBounds {
  if (!reverse) return { gt: start, lt: bounds.lt };
  return { gte: bounds.gte, lt: start };
}

/** The keys between which a key condition holds. @throws FIRN_TABLE_REQUEST_INVALID. */
function boundsOf(
  source: TableRecord | IndexRecord,
  terms: ReadonlyMap<string, KeyTerm>,
): KeyBounds {
  const { partition, sort } = source.key;
  if (terms.size > partition.length + sort.length)
    throw invalid("Query key condition not supported");
  const parts = partition.map((wanted) => {
    const term = terms.get(wanted.name);
    if (term === undefined) throw missed(wanted);
    const [part] = partsOf(wanted, term);
    if (term.operator !== "=") throw invalid("Query key condition not supported");
    return part as KeyPart;
  });
  let prefix = partitionKey(parts);
  let left = terms.size - partition.length;
  // Sort keys are matched from the left: equality first, and one range at the end.
  for (const wanted of sort) {
    if (left === 0) break;
    const term = terms.get(wanted.name);
    if (term === undefined) throw missed(wanted);
    left--;
    const values = partsOf(wanted, term);
    if (term.operator !== "=") {
      if (left > 0) throw invalid("Query key condition not supported");
      return sortBounds(prefix, term, values);
    }
    prefix = joinKey(prefix, closedPart(values[0] as KeyPart));
  }
  return { gte: prefix, lt: afterPrefix(prefix) };
}

function missed(wanted: KeyAttribute): Error {
  return invalid(`Query condition missed key schema element: ${wanted.name}`);
}

function partsOf(wanted: KeyAttribute, term: KeyTerm): KeyPart[] {
  return term.values.map((value) => {
    const content = contentOf(value, wanted.type);
    if (content === undefined) {
      throw invalidParameters("Condition parameter type does not match schema type");
    }
    if (content === "") {
      throw invalid(
        "One or more parameter values are not valid. The AttributeValue for a key attribute " +
          `cannot contain an empty ${wanted.type === "B" ? "binary" : "string"} value. ` +
          `Key: ${wanted.name}`,
      );
    }
    return { type: wanted.type, content };
  });
}

function sortBounds(prefix: Uint8Array, term: KeyTerm, values: readonly KeyPart[]): KeyBounds {
  const end = afterPrefix(prefix);
  const [first, second] = values as [KeyPart, KeyPart];
  const at = joinKey(prefix, closedPart(first));
  switch (term.operator) {
    case "<":
      return { gte: prefix, lt: at };
    case "<=":
      return { gte: prefix, lt: afterPrefix(at) };
    case ">":
      return { gte: afterPrefix(at), lt: end };
    case ">=":
      return { gte: at, lt: end };
    case "between":
      return { gte: at, lt: afterPrefix(joinKey(prefix, closedPart(second))) };
    default: {
      const open = joinKey(prefix, openPart(first));
      return { gte: open, lt: afterPrefix(open) };
    }
  }
}
