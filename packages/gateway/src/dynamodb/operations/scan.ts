import { document, integer } from "@firn/wire";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { optionalMap } from "../documents.ts";
import { readErrors } from "../item-errors.ts";
import { attributesToGet, conditionalOperator, conditions, conditionsOf } from "../legacy.ts";
import { pageAnswer } from "../page-answer.ts";
import {
  atLeastOne,
  expressionAttributeNames,
  flag,
  indexName,
  returnConsumedCapacity,
  select,
  tableName,
  text,
} from "../shapes.ts";

const SEGMENTS_MAX = 1_000_000;

export const scan: DynamoDbOperation = operation({
  name: "Scan",
  input: {
    Select: select,
    IndexName: indexName,
    TotalSegments: integer({ min: 1, max: SEGMENTS_MAX }),
    ReturnConsumedCapacity: returnConsumedCapacity,
    TableName: tableName,
    ConditionalOperator: conditionalOperator,
    ScanFilter: conditions,
    Segment: integer({ min: 0, max: SEGMENTS_MAX - 1 }),
    Limit: atLeastOne,
    AttributesToGet: attributesToGet,
    ExclusiveStartKey: document(),
    ConsistentRead: flag,
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
    return pageAnswer(
      await tables.scan({
        tableName: input.TableName,
        indexName: input.IndexName,
        select: input.Select,
        segment: input.Segment,
        totalSegments: input.TotalSegments,
        limit: input.Limit,
        exclusiveStartKey: optionalMap(input.ExclusiveStartKey),
        consistentRead: input.ConsistentRead,
        attributesToGet: input.AttributesToGet,
        scanFilter: conditionsOf(input.ScanFilter),
        conditionalOperator: input.ConditionalOperator,
        filterExpression: input.FilterExpression,
        projectionExpression: input.ProjectionExpression,
        expressionAttributeValues: optionalMap(input.ExpressionAttributeValues),
        expressionAttributeNames: input.ExpressionAttributeNames,
        returnConsumedCapacity: input.ReturnConsumedCapacity,
      }),
    );
  },
});
