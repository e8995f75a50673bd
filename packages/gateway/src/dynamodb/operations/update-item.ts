import { document, requiredDocument } from "@firn/wire";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { attributeMap } from "../documents.ts";
import { attributeUpdates, conditionalOperator, expected, updatesOf } from "../legacy.ts";
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
import { writeAnswer, writeOutput, writeRequest } from "../single-write.ts";

export const updateItem: DynamoDbOperation = operation({
  name: "UpdateItem",
  input: {
    ReturnConsumedCapacity: returnConsumedCapacity,
    TableName: tableName,
    ReturnItemCollectionMetrics: returnItemCollectionMetrics,
    ReturnValues: returnValues,
    Key: requiredDocument(),
    ReturnValuesOnConditionCheckFailure: returnValuesOnConditionCheckFailure,
    ConditionalOperator: conditionalOperator,
    Expected: expected,
    AttributeUpdates: attributeUpdates,
    ConditionExpression: text,
    UpdateExpression: text,
    ExpressionAttributeValues: document(),
    ExpressionAttributeNames: expressionAttributeNames,
  },
  output: writeOutput,
  errors: writeErrors,
  async handler(input, { tables }) {
    const answer = await tables.updateItem({
      key: attributeMap(input.Key),
      updateExpression: input.UpdateExpression,
      attributeUpdates: updatesOf(input.AttributeUpdates),
      ...writeRequest(input),
    });
    return writeAnswer(answer);
  },
});
