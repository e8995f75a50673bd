import type { ConsumedCapacity, ReturnConsumedCapacity } from "../engine/capacity.ts";
import type { ReturnValues, Select } from "../engine/requests.ts";
import type { PlainItem, PlainValue } from "./plain-values.ts";

/* Requests of the embedded API: AWS's names in camelCase, plain values for attribute values. */

interface OfTable {
  readonly tableName: string;
  readonly returnConsumedCapacity?: ReturnConsumedCapacity | undefined;
}

interface Expressions {
  /** What `#name` stands for. */
  readonly expressionAttributeNames?: Readonly<Record<string, string>> | undefined;
  /** What `:value` stands for. */
  readonly expressionAttributeValues?: Readonly<Record<string, PlainValue>> | undefined;
}

interface Conditional extends OfTable, Expressions {
  /** The write happens only if this holds of the item as it is. */
  readonly conditionExpression?: string | undefined;
  /** Put the item into the error's `detail.item` (JSON text) when the condition does not hold. */
  readonly returnValuesOnConditionCheckFailure?: "ALL_OLD" | "NONE" | undefined;
}

export interface PutItemRequest extends Conditional {
  readonly item: PlainItem;
  /** NONE or ALL_OLD. */
  readonly returnValues?: ReturnValues | undefined;
}

export interface DeleteItemRequest extends Conditional {
  readonly key: PlainItem;
  /** NONE or ALL_OLD. */
  readonly returnValues?: ReturnValues | undefined;
}

export interface UpdateItemRequest extends Conditional {
  readonly key: PlainItem;
  readonly updateExpression?: string | undefined;
  readonly returnValues?: ReturnValues | undefined;
}

export interface WriteResult<T = PlainItem> {
  readonly attributes?: T | undefined;
  readonly consumedCapacity?: ConsumedCapacity | undefined;
}

export interface GetItemRequest extends OfTable, Expressions {
  readonly key: PlainItem;
  readonly projectionExpression?: string | undefined;
  /** Counts double in capacity; every read is consistent. */
  readonly consistentRead?: boolean | undefined;
}

export interface GetItemResult<T = PlainItem> {
  readonly item?: T | undefined;
  readonly consumedCapacity?: ConsumedCapacity | undefined;
}

interface RangeOptions extends OfTable, Expressions {
  readonly indexName?: string | undefined;
  readonly filterExpression?: string | undefined;
  readonly projectionExpression?: string | undefined;
  readonly select?: Select | undefined;
  /** Items evaluated per page, before the filter; at least 1. A page ends at 1 MB anyway. */
  readonly limit?: number | undefined;
  /** Go on behind this key: `lastEvaluatedKey` of an earlier page. */
  readonly exclusiveStartKey?: PlainItem | undefined;
  readonly consistentRead?: boolean | undefined;
  /** Looked at before each page. */
  readonly signal?: AbortSignal | undefined;
}

export interface QueryOptions extends RangeOptions {
  readonly keyConditionExpression: string;
  /** Default true: ascending. */
  readonly scanIndexForward?: boolean | undefined;
}

export interface ScanOptions extends RangeOptions {
  /** This reader's share of a parallel scan: 0 to `totalSegments` - 1. */
  readonly segment?: number | undefined;
  readonly totalSegments?: number | undefined;
}

export interface ItemPage<T = PlainItem> {
  /** Empty with `select: "COUNT"`. */
  readonly items: readonly T[];
  readonly count: number;
  readonly scannedCount: number;
  readonly lastEvaluatedKey?: PlainItem | undefined;
  readonly consumedCapacity?: ConsumedCapacity | undefined;
}

export interface BatchGetItemRequest {
  readonly requestItems: Readonly<
    Record<
      string,
      {
        readonly keys: readonly PlainItem[];
        readonly projectionExpression?: string | undefined;
        readonly expressionAttributeNames?: Readonly<Record<string, string>> | undefined;
        readonly consistentRead?: boolean | undefined;
      }
    >
  >;
  readonly returnConsumedCapacity?: ReturnConsumedCapacity | undefined;
}

export interface BatchGetItemResult {
  /** Items found, by table. */
  readonly responses: ReadonlyMap<string, readonly PlainItem[]>;
  /** Keys to ask for again, by table. */
  readonly unprocessedKeys: ReadonlyMap<string, readonly PlainItem[]>;
  readonly consumedCapacity?: readonly ConsumedCapacity[] | undefined;
}

/** One of the two. */
export interface BatchWrite {
  readonly put?: PlainItem | undefined;
  readonly delete?: PlainItem | undefined;
}

export interface BatchWriteItemRequest {
  readonly requestItems: Readonly<Record<string, readonly BatchWrite[]>>;
  readonly returnConsumedCapacity?: ReturnConsumedCapacity | undefined;
}

export interface BatchWriteItemResult {
  /** What throughput did not allow, by table: to be sent again. */
  readonly unprocessedItems: ReadonlyMap<string, readonly BatchWrite[]>;
  readonly consumedCapacity?: readonly ConsumedCapacity[] | undefined;
}
