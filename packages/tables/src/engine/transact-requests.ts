import type { ConsumedCapacity, ReturnConsumedCapacity } from "./capacity.ts";
import type {
  DeleteRequest,
  GetRequest,
  ItemCollectionMetrics,
  ItemText,
  PutRequest,
  UpdateRequest,
} from "./requests.ts";

type InTransaction<T> = Omit<
  T,
  | "returnValues"
  | "returnConsumedCapacity"
  | "returnItemCollectionMetrics"
  | "expected"
  | "conditionalOperator"
  | "attributeUpdates"
  | "attributesToGet"
>;

/** A condition on an item that the transaction does not write. */
export type ConditionCheckRequest = InTransaction<DeleteRequest> & {
  readonly conditionExpression: string;
};

/** One of the four. */
export interface TransactWriteItem {
  readonly conditionCheck?: ConditionCheckRequest | undefined;
  readonly put?: InTransaction<PutRequest> | undefined;
  readonly delete?: InTransaction<DeleteRequest> | undefined;
  readonly update?: InTransaction<UpdateRequest> | undefined;
}

export interface TransactWriteRequest {
  /** 1 to 100, no two on one item, 4 MB of items in all. */
  readonly transactItems: readonly TransactWriteItem[];
  /** Within ten minutes the same request with the same token happens once. */
  readonly clientRequestToken?: string | undefined;
  readonly returnConsumedCapacity?: ReturnConsumedCapacity | undefined;
  readonly returnItemCollectionMetrics?: "SIZE" | "NONE" | undefined;
}

export interface TransactWriteAnswer {
  readonly consumedCapacity?: readonly ConsumedCapacity[] | undefined;
  readonly itemCollectionMetrics?:
    | ReadonlyMap<string, readonly ItemCollectionMetrics[]>
    | undefined;
}

export interface TransactGetItem {
  readonly get: InTransaction<GetRequest>;
}

export interface TransactGetRequest {
  /** 1 to 100, no two of one item. */
  readonly transactItems: readonly TransactGetItem[];
  readonly returnConsumedCapacity?: ReturnConsumedCapacity | undefined;
}

export interface TransactGetAnswer {
  /** In the order of the request; `undefined` where there is no item. */
  readonly responses: readonly (ItemText | undefined)[];
  readonly consumedCapacity?: readonly ConsumedCapacity[] | undefined;
}

/** Why an action stood in the way of its transaction; `None` if it did not. */
export interface CancellationReason {
  readonly code:
    | "None"
    | "ConditionalCheckFailed"
    | "DuplicateItem"
    | "ValidationError"
    | "TransactionConflict"
    | "ProvisionedThroughputExceeded"
    | "ThrottlingError";
  readonly message?: string | undefined;
  /** The item as it is, where that was asked for. */
  readonly item?: ItemText | undefined;
}
