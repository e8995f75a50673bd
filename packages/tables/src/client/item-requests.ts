import type { GetRequest, PutRequest } from "../engine/requests.ts";
import type { GetItemRequest, PutItemRequest } from "./plain-requests.ts";
import { expressionValues } from "./plain-transactions.ts";
import { toAttributes } from "./plain-values.ts";

/*
 * The two calls that are made most often, member by member: a spread whose members are then
 * replaced costs a microsecond. The types see that no parameter is left out.
 */

type Every<T> = { readonly [Name in keyof T]-?: unknown };

/** With attribute values. @throws FIRN_TABLE_REQUEST_INVALID. */
export function toPutRequest(request: PutItemRequest): PutRequest {
  return {
    tableName: request.tableName,
    item: toAttributes(request.item),
    conditionExpression: request.conditionExpression,
    expressionAttributeNames: request.expressionAttributeNames,
    expressionAttributeValues: expressionValues(request),
    returnValues: request.returnValues,
    returnValuesOnConditionCheckFailure: request.returnValuesOnConditionCheckFailure,
    returnConsumedCapacity: request.returnConsumedCapacity,
  } satisfies Every<PutItemRequest>;
}

/** With attribute values. @throws FIRN_TABLE_REQUEST_INVALID. */
export function toGetRequest(request: GetItemRequest): GetRequest {
  return {
    tableName: request.tableName,
    key: toAttributes(request.key),
    projectionExpression: request.projectionExpression,
    expressionAttributeNames: request.expressionAttributeNames,
    expressionAttributeValues: expressionValues(request),
    consistentRead: request.consistentRead,
    returnConsumedCapacity: request.returnConsumedCapacity,
  } satisfies Every<GetItemRequest>;
}
