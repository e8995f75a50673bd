import type { ExpressionAttributes } from "../expression/bindings.ts";
import type {
  ConditionalOperator,
  LegacyConditions,
  LegacyExpected,
  LegacyProjected,
  LegacyUpdates,
} from "../legacy/legacy-requests.ts";
import type { AttributeMap } from "../value/attribute-value.ts";
import type { ConsumedCapacity, ReturnConsumedCapacity } from "./capacity.ts";

/*
 * Requests and answers at the level of attribute values: AWS's names in camelCase. The engine
 * takes ownership of the values it is given (numbers are brought into canonical form in place).
 * Items in answers are JSON text in UTF-8, as the API sends it.
 */

/** An item as the API's JSON, UTF-8. Not to be modified. */
export type ItemText = Uint8Array;

interface OfTable {
  readonly tableName: string;
  readonly returnConsumedCapacity?: ReturnConsumedCapacity | undefined;
}

interface Conditional extends OfTable, ExpressionAttributes, LegacyExpected {
  readonly conditionExpression?: string | undefined;
  readonly returnValuesOnConditionCheckFailure?: "ALL_OLD" | "NONE" | undefined;
  readonly returnItemCollectionMetrics?: "SIZE" | "NONE" | undefined;
}

export interface PutRequest extends Conditional {
  readonly item: AttributeMap;
  readonly returnValues?: ReturnValues | undefined;
}

export interface DeleteRequest extends Conditional {
  readonly key: AttributeMap;
  readonly returnValues?: ReturnValues | undefined;
}

export type ReturnValues = "NONE" | "ALL_OLD" | "UPDATED_OLD" | "ALL_NEW" | "UPDATED_NEW";

export interface UpdateRequest extends Conditional, LegacyUpdates {
  readonly key: AttributeMap;
  readonly updateExpression?: string | undefined;
  readonly returnValues?: ReturnValues | undefined;
}

export interface ItemCollectionMetrics {
  /** The partition key, as JSON text. */
  readonly itemCollectionKey: ItemText;
  /** Lower and upper bound of the collection's size, in GB. */
  readonly sizeEstimateRangeGB: readonly [number, number];
}

export interface WriteAnswer {
  readonly attributes?: ItemText | undefined;
  readonly consumedCapacity?: ConsumedCapacity | undefined;
  readonly itemCollectionMetrics?: ItemCollectionMetrics | undefined;
}

interface Projected extends LegacyProjected {
  readonly projectionExpression?: string | undefined;
}

export interface GetRequest extends OfTable, Projected, ExpressionAttributes {
  readonly key: AttributeMap;
  readonly consistentRead?: boolean | undefined;
}

export interface GetAnswer {
  readonly item?: ItemText | undefined;
  readonly consumedCapacity?: ConsumedCapacity | undefined;
}

export type Select =
  | "ALL_ATTRIBUTES"
  | "ALL_PROJECTED_ATTRIBUTES"
  | "SPECIFIC_ATTRIBUTES"
  | "COUNT";

interface Ranged extends OfTable, Projected, ExpressionAttributes {
  readonly indexName?: string | undefined;
  readonly filterExpression?: string | undefined;
  readonly conditionalOperator?: ConditionalOperator | undefined;
  readonly select?: Select | undefined;
  /** Items evaluated at the most, before the filter; at least 1. */
  readonly limit?: number | undefined;
  readonly exclusiveStartKey?: AttributeMap | undefined;
  readonly consistentRead?: boolean | undefined;
}

export interface QueryRequest extends Ranged {
  readonly keyConditions?: LegacyConditions | undefined;
  readonly queryFilter?: LegacyConditions | undefined;
  readonly keyConditionExpression?: string | undefined;
  /** Default true: ascending. */
  readonly scanIndexForward?: boolean | undefined;
}

export interface ScanRequest extends Ranged {
  readonly scanFilter?: LegacyConditions | undefined;
  readonly segment?: number | undefined;
  readonly totalSegments?: number | undefined;
}

export interface PageAnswer {
  /** Absent with `select: "COUNT"`. */
  readonly items?: readonly ItemText[] | undefined;
  readonly count: number;
  readonly scannedCount: number;
  readonly lastEvaluatedKey?: AttributeMap | undefined;
  readonly consumedCapacity?: ConsumedCapacity | undefined;
}

export interface KeysAndAttributes extends Projected, ExpressionAttributes {
  readonly keys: readonly AttributeMap[];
  readonly consistentRead?: boolean | undefined;
}

export interface BatchGetRequest {
  readonly requestItems: Readonly<Record<string, KeysAndAttributes>>;
  readonly returnConsumedCapacity?: ReturnConsumedCapacity | undefined;
}

export interface BatchGetAnswer {
  readonly responses: ReadonlyMap<string, readonly ItemText[]>;
  /** The keys to ask for again, by table, with the parameters that came with them. */
  readonly unprocessedKeys: ReadonlyMap<string, KeysAndAttributes>;
  readonly consumedCapacity?: readonly ConsumedCapacity[] | undefined;
}

/** One of the two. */
export interface WriteRequest {
  readonly putRequest?: { readonly item: AttributeMap } | undefined;
  readonly deleteRequest?: { readonly key: AttributeMap } | undefined;
}

export interface BatchWriteRequest {
  readonly requestItems: Readonly<Record<string, readonly WriteRequest[]>>;
  readonly returnConsumedCapacity?: ReturnConsumedCapacity | undefined;
  readonly returnItemCollectionMetrics?: "SIZE" | "NONE" | undefined;
}

export interface BatchWriteAnswer {
  readonly unprocessedItems: ReadonlyMap<string, readonly WriteRequest[]>;
  readonly consumedCapacity?: readonly ConsumedCapacity[] | undefined;
  readonly itemCollectionMetrics?:
    | ReadonlyMap<string, readonly ItemCollectionMetrics[]>
    | undefined;
}
