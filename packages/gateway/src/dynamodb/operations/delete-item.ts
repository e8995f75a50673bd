import { document, requiredDocument } from "@firn/wire";
import { capacityOf, metricsOf, readyAnswer } from "../answers.ts";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { attributeMap, optionalMap } from "../documents.ts";
import { conditionalOperator, expected, expectedOf } from "../legacy.ts";
import {
  expressionAttributeNames,
  returnConsumedCapacity,
  returnItemCollectionMetrics,
  returnValues,
  returnValuesOnConditionCheckFailure,
  tableName,
  text,
} from "../shapes.ts";
import { writeErrors } from "../item-errors.ts";

export const deleteItem: DynamoDbOperation = operation({
  name: "DeleteItem",
  input: {
    ReturnConsumedCapacity: returnConsumedCapacity,
    TableName: tableName,
    ReturnValues: returnValues,
    ReturnItemCollectionMetrics: returnItemCollectionMetrics,
    Key: requiredDocument(),
    ReturnValuesOnConditionCheckFailure: returnValuesOnConditionCheckFailure,
    ConditionalOperator: conditionalOperator,
    Expected: expected,
    ConditionExpression: text,
    ExpressionAttributeValues: document(),
    ExpressionAttributeNames: expressionAttributeNames,
  },
  output: {
    Attributes: document(),
    ConsumedCapacity: document(),
    ItemCollectionMetrics: document(),
  },
  errors: writeErrors,
  async handler(input, { tables }) {
    const answer = await tables.deleteItem({
      tableName: input.TableName,
      key: attributeMap(input.Key),
      expected: expectedOf(input.Expected),
      conditionalOperator: input.ConditionalOperator,
      conditionExpression: input.ConditionExpression,
      expressionAttributeNames: input.ExpressionAttributeNames,
      expressionAttributeValues: optionalMap(input.ExpressionAttributeValues),
      returnValues: input.ReturnValues,
      returnValuesOnConditionCheckFailure: input.ReturnValuesOnConditionCheckFailure,
      returnConsumedCapacity: input.ReturnConsumedCapacity,
      returnItemCollectionMetrics: input.ReturnItemCollectionMetrics,
    });
    return readyAnswer({
      Attributes: answer.attributes,
      ConsumedCapacity: capacityOf(answer.consumedCapacity),
      ItemCollectionMetrics: metricsOf(answer.itemCollectionMetrics),
    });
  },
});
