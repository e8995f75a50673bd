import { document, requiredDocument } from "@firn/wire";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { attributeMap } from "../documents.ts";
import { conditionalOperator, expected } from "../legacy.ts";
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

export const putItem: DynamoDbOperation = operation({
  name: "PutItem",
  input: {
    ReturnConsumedCapacity: returnConsumedCapacity,
    TableName: tableName,
    Item: requiredDocument(),
    ReturnValues: returnValues,
    ReturnItemCollectionMetrics: returnItemCollectionMetrics,
    ReturnValuesOnConditionCheckFailure: returnValuesOnConditionCheckFailure,
    ConditionalOperator: conditionalOperator,
    Expected: expected,
    ConditionExpression: text,
    ExpressionAttributeValues: document(),
    ExpressionAttributeNames: expressionAttributeNames,
  },
  output: writeOutput,
  errors: writeErrors,
  async handler(input, { tables }) {
    const answer = await tables.putItem({
      item: attributeMap(input.Item),
      ...writeRequest(input),
    });
    return writeAnswer(answer);
  },
});
