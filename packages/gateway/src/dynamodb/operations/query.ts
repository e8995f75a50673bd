import { document, integer, ServiceError } from "@firn/wire";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { optionalMap } from "../documents.ts";
import { readErrors } from "../item-errors.ts";
import { attributesToGet, conditionalOperator, conditions, conditionsOf } from "../legacy.ts";
import { pageAnswer } from "../page-answer.ts";
import {
  expressionAttributeNames,
  flag,
  indexName,
  returnConsumedCapacity,
  select,
  tableName,
  text,
} from "../shapes.ts";

export const query: DynamoDbOperation = operation({
  name: "Query",
  input: {
    Select: select,
    IndexName: indexName,
    ReturnConsumedCapacity: returnConsumedCapacity,
    QueryFilter: conditions,
    TableName: tableName,
    ConditionalOperator: conditionalOperator,
    AttributesToGet: attributesToGet,
    Limit: integer(),
    KeyConditions: conditions,
    ExclusiveStartKey: document(),
    ConsistentRead: flag,
    ScanIndexForward: flag,
    KeyConditionExpression: text,
    FilterExpression: text,
    ProjectionExpression: text,
    ExpressionAttributeValues: document(),
    ExpressionAttributeNames: expressionAttributeNames,
  },
  output: {
    Items: document(),
    Count: integer(),
    ScannedCount: integer(),
    LastEvaluatedKey: document(),
    ConsumedCapacity: document(),
  },
  errors: readErrors,
  async handler(input, { tables }) {
    if (input.Limit !== undefined && input.Limit < 1) throw limitTooSmall();
    return pageAnswer(
      await tables.query({
        tableName: input.TableName,
        indexName: input.IndexName,
        select: input.Select,
        limit: input.Limit,
        exclusiveStartKey: optionalMap(input.ExclusiveStartKey),
        consistentRead: input.ConsistentRead,
        scanIndexForward: input.ScanIndexForward,
        attributesToGet: input.AttributesToGet,
        keyConditions: conditionsOf(input.KeyConditions),
        queryFilter: conditionsOf(input.QueryFilter),
        conditionalOperator: input.ConditionalOperator,
        keyConditionExpression: input.KeyConditionExpression,
        filterExpression: input.FilterExpression,
        projectionExpression: input.ProjectionExpression,
        expressionAttributeValues: optionalMap(input.ExpressionAttributeValues),
        expressionAttributeNames: input.ExpressionAttributeNames,
        returnConsumedCapacity: input.ReturnConsumedCapacity,
      }),
    );
  },
});

/** A Query words it unlike a Scan: without the value, and with a capital. */
function limitTooSmall(): ServiceError {
  return new ServiceError(
    "ValidationException",
    400,
    "1 validation error detected: Value at 'Limit' failed to satisfy constraint: " +
      "Member must have value greater than or equal to 1",
  );
}
