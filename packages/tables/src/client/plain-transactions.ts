import type { ConsumedCapacity, ReturnConsumedCapacity } from "../engine/capacity.ts";
import type { TransactGetItem, TransactWriteItem } from "../engine/transact-requests.ts";
import type {
  DeleteItemRequest,
  GetItemRequest,
  PutItemRequest,
  UpdateItemRequest,
} from "./plain-requests.ts";
import type { AttributeMap } from "../value/attribute-value.ts";
import type { PlainItem } from "./plain-values.ts";
import { toAttributes } from "./plain-values.ts";

type InTransaction<T> = Omit<T, "returnValues" | "returnConsumedCapacity">;

/** One of the four. */
export interface PlainTransactWrite {
  readonly put?: InTransaction<PutItemRequest> | undefined;
  readonly update?: InTransaction<UpdateItemRequest> | undefined;
  readonly delete?: InTransaction<DeleteItemRequest> | undefined;
  /** A condition on an item that the transaction does not write. */
  readonly conditionCheck?:
    | (InTransaction<DeleteItemRequest> & { readonly conditionExpression: string })
    | undefined;
}

export interface TransactWriteItemsRequest {
  /** 1 to 100, no two on one item, 4 MB of items in all. */
  readonly transactItems: readonly PlainTransactWrite[];
  /** Within ten minutes the same request with the same token happens once, restarts included. */
  readonly clientRequestToken?: string | undefined;
  readonly returnConsumedCapacity?: ReturnConsumedCapacity | undefined;
}

export interface TransactWriteItemsResult {
  readonly consumedCapacity?: readonly ConsumedCapacity[] | undefined;
}

export interface TransactGetItemsRequest {
  /** 1 to 100, no two of one item. */
  readonly transactItems: readonly {
    readonly get: InTransaction<Omit<GetItemRequest, "consistentRead">>;
  }[];
  readonly returnConsumedCapacity?: ReturnConsumedCapacity | undefined;
}

export interface TransactGetItemsResult {
  /** In the order of the request; `undefined` where there is no item. */
  readonly items: readonly (PlainItem | undefined)[];
  readonly consumedCapacity?: readonly ConsumedCapacity[] | undefined;
}

type Plain = Pick<DeleteItemRequest, "expressionAttributeValues">;

/** The values of expressions: made anew for each call, which may change them. */
export function expressionValues(request: Plain): AttributeMap | undefined {
  const given = request.expressionAttributeValues;
  return given === undefined ? undefined : toAttributes(given);
}

/** The action with attribute values. @throws FIRN_TABLE_REQUEST_INVALID. */
export function toTransactWrite(write: PlainTransactWrite): TransactWriteItem {
  const { put, update, conditionCheck } = write;
  return {
    put: put && {
      ...put,
      expressionAttributeValues: expressionValues(put),
      item: toAttributes(put.item),
    },
    update: update && {
      ...update,
      expressionAttributeValues: expressionValues(update),
      key: toAttributes(update.key),
    },
    delete: write.delete && {
      ...write.delete,
      expressionAttributeValues: expressionValues(write.delete),
      key: toAttributes(write.delete.key),
    },
    conditionCheck: conditionCheck && {
      ...conditionCheck,
      expressionAttributeValues: expressionValues(conditionCheck),
      key: toAttributes(conditionCheck.key),
    },
  };
}

/** As `toTransactWrite`, of a read. */
export function toTransactGet({
  get,
}: TransactGetItemsRequest["transactItems"][number]): TransactGetItem {
  return {
    get: { ...get, expressionAttributeValues: expressionValues(get), key: toAttributes(get.key) },
  };
}
