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
  output: writeOutput,
  errors: writeErrors,
  async handler(input, { tables }) {
    const answer = await tables.deleteItem({
      key: attributeMap(input.Key),
      ...writeRequest(input),
    });
    return writeAnswer(answer);
  },
});
