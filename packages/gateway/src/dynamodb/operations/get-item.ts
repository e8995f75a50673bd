import { document, requiredDocument } from "@firn/wire";
import { capacityOf, readyAnswer } from "../answers.ts";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { attributeMap } from "../documents.ts";
import { readErrors } from "../item-errors.ts";
import { attributesToGet } from "../legacy.ts";
import {
  expressionAttributeNames,
  flag,
  returnConsumedCapacity,
  tableName,
  text,
} from "../shapes.ts";

export const getItem: DynamoDbOperation = operation({
  name: "GetItem",
  input: {
    ReturnConsumedCapacity: returnConsumedCapacity,
    AttributesToGet: attributesToGet,
    TableName: tableName,
    Key: requiredDocument(),
    ConsistentRead: flag,
    ProjectionExpression: text,
    ExpressionAttributeNames: expressionAttributeNames,
  },
  output: { Item: document(), ConsumedCapacity: document() },
  errors: readErrors,
  async handler(input, { tables }) {
    const answer = await tables.getItem({
      tableName: input.TableName,
      key: attributeMap(input.Key),
      consistentRead: input.ConsistentRead,
      attributesToGet: input.AttributesToGet,
      projectionExpression: input.ProjectionExpression,
      expressionAttributeNames: input.ExpressionAttributeNames,
      returnConsumedCapacity: input.ReturnConsumedCapacity,
    });
    return readyAnswer({
      Item: answer.item,
      ConsumedCapacity: capacityOf(answer.consumedCapacity),
    });
  },
});
