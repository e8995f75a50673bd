import { document, list, requiredDocument, structure } from "@firn/wire";
import { capacitiesOf, ItemList, readyAnswer } from "../answers.ts";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { attributeMap } from "../documents.ts";
import { readErrors } from "../item-errors.ts";
import { expressionAttributeNames, returnConsumedCapacity, tableName, text } from "../shapes.ts";
import { itemResponse } from "../statements.ts";

const ACTIONS_MAX = 100;

export const transactGetItems: DynamoDbOperation = operation({
  name: "TransactGetItems",
  input: {
    ReturnConsumedCapacity: returnConsumedCapacity,
    TransactItems: list(
      structure({
        Get: structure(
          {
            Key: requiredDocument(),
            TableName: tableName,
            ProjectionExpression: text,
            ExpressionAttributeNames: expressionAttributeNames,
          },
          { required: true },
        ),
      }),
      { required: true, min: 1, max: ACTIONS_MAX },
    ),
  },
  output: { ConsumedCapacity: document(), Responses: document() },
  errors: [...readErrors, "TransactionCanceledException"],
  async handler(input, { tables }) {
    const answer = await tables.transactGetItems({
      transactItems: input.TransactItems.map(({ Get }) => ({
        get: {
          tableName: Get.TableName,
          key: attributeMap(Get.Key),
          projectionExpression: Get.ProjectionExpression,
          expressionAttributeNames: Get.ExpressionAttributeNames,
        },
      })),
      returnConsumedCapacity: input.ReturnConsumedCapacity,
    });
    return readyAnswer({
      ConsumedCapacity: capacitiesOf(answer.consumedCapacity),
      Responses: new ItemList(answer.responses.map(itemResponse)),
    });
  },
});
