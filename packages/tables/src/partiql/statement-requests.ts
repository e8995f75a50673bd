import type { ConsumedCapacity, ReturnConsumedCapacity } from "../engine/capacity.ts";
import type { ItemText } from "../engine/requests.ts";
import type { AttributeMap, AttributeValue } from "../value/attribute-value.ts";

/** One statement, with a value for each `?` in it. */
export interface ParameterizedStatement {
  /** PartiQL, at most 8,192 characters. */
  readonly statement: string;
  readonly parameters?: readonly AttributeValue[] | undefined;
  readonly returnValuesOnConditionCheckFailure?: "ALL_OLD" | "NONE" | undefined;
}

export interface ExecuteStatementRequest extends ParameterizedStatement {
  readonly consistentRead?: boolean | undefined;
  /** Items evaluated at the most; at least 1. */
  readonly limit?: number | undefined;
  /** Of the page before: same statement, same parameters. */
  readonly nextToken?: string | undefined;
  readonly returnConsumedCapacity?: ReturnConsumedCapacity | undefined;
}

export interface ExecuteStatementAnswer {
  /** Of a SELECT, or of RETURNING; otherwise empty. */
  readonly items: readonly ItemText[];
  readonly nextToken?: string | undefined;
  readonly lastEvaluatedKey?: AttributeMap | undefined;
  readonly consumedCapacity?: ConsumedCapacity | undefined;
}

export interface BatchStatement extends ParameterizedStatement {
  readonly consistentRead?: boolean | undefined;
}

export interface BatchExecuteStatementRequest {
  /** 1 to 25, all of them reads or all of them writes. */
  readonly statements: readonly BatchStatement[];
  readonly returnConsumedCapacity?: ReturnConsumedCapacity | undefined;
}

/** What became of one statement of a batch. */
export interface BatchStatementAnswer {
  readonly tableName?: string | undefined;
  readonly item?: ItemText | undefined;
  readonly error?: BatchStatementError | undefined;
}

export interface BatchStatementError {
  readonly code:
    | "ConditionalCheckFailed"
    | "DuplicateItem"
    | "InternalServerError"
    | "ProvisionedThroughputExceeded"
    | "ThrottlingError"
    | "ResourceNotFound"
    | "TransactionConflict"
    | "ValidationError";
  readonly message: string;
  readonly item?: ItemText | undefined;
}

export interface BatchExecuteStatementAnswer {
  /** In the order of the request. */
  readonly responses: readonly BatchStatementAnswer[];
  readonly consumedCapacity?: readonly ConsumedCapacity[] | undefined;
}

export interface ExecuteTransactionRequest {
  /** 1 to 100, all of them reads or all of them writes, no two on one item. */
  readonly transactStatements: readonly ParameterizedStatement[];
  readonly clientRequestToken?: string | undefined;
  readonly returnConsumedCapacity?: ReturnConsumedCapacity | undefined;
}

export interface ExecuteTransactionAnswer {
  /** Of reads: in the order of the request; `undefined` where there is no item. */
  readonly responses: readonly (ItemText | undefined)[];
  readonly consumedCapacity?: readonly ConsumedCapacity[] | undefined;
}
