import type { TransactWriteItem } from "@firn/tables";
import { document, list, requiredDocument, string, structure } from "@firn/wire";
import type { Shape } from "@firn/wire";
import { capacitiesOf, metricsOf, readyAnswer } from "../answers.ts";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { attributeMap, optionalMap } from "../documents.ts";
import { readErrors } from "../item-errors.ts";
import {
  expressionAttributeNames,
  returnConsumedCapacity,
  returnItemCollectionMetrics,
  returnValuesOnConditionCheckFailure,
  tableName,
  text,
} from "../shapes.ts";

const ACTIONS_MAX = 100;

const conditional = {
  TableName: tableName,
  ConditionExpression: text,
  ExpressionAttributeNames: expressionAttributeNames,
  ExpressionAttributeValues: document(),
  ReturnValuesOnConditionCheckFailure: returnValuesOnConditionCheckFailure,
};

interface Conditional {
  readonly TableName: string;
  readonly ConditionExpression?: string | undefined;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>> | undefined;
  readonly ExpressionAttributeValues?: unknown;
  readonly ReturnValuesOnConditionCheckFailure?: "ALL_OLD" | "NONE" | undefined;
}

interface Action {
  readonly ConditionCheck?:
    | (Conditional & { readonly Key: unknown; readonly ConditionExpression: string })
    | undefined;
  readonly Put?: (Conditional & { readonly Item: unknown }) | undefined;
  readonly Delete?: (Conditional & { readonly Key: unknown }) | undefined;
  readonly Update?:
    | (Conditional & { readonly Key: unknown; readonly UpdateExpression: string })
    | undefined;
}

const action: Shape<Action> = structure({
  ConditionCheck: structure({
    Key: requiredDocument(),
    ...conditional,
    ConditionExpression: string({ required: true }),
  }),
  Put: structure({ Item: requiredDocument(), ...conditional }),
  Delete: structure({ Key: requiredDocument(), ...conditional }),
  Update: structure({
    Key: requiredDocument(),
    UpdateExpression: string({ required: true }),
    ...conditional,
  }),
});

export const transactWriteItems: DynamoDbOperation = operation({
  name: "TransactWriteItems",
  input: {
    ReturnConsumedCapacity: returnConsumedCapacity,
    ReturnItemCollectionMetrics: returnItemCollectionMetrics,
    ClientRequestToken: string({ min: 1, max: 36 }),
    TransactItems: list(action, { required: true, min: 1, max: ACTIONS_MAX }),
  },
  output: { ConsumedCapacity: document(), ItemCollectionMetrics: document() },
  errors: [...readErrors, "TransactionCanceledException", "IdempotentParameterMismatchException"],
  async handler(input, { tables }) {
    const answer = await tables.transactWriteItems({
      transactItems: input.TransactItems.map(actionOf),
      clientRequestToken: input.ClientRequestToken,
      returnConsumedCapacity: input.ReturnConsumedCapacity,
      returnItemCollectionMetrics: input.ReturnItemCollectionMetrics,
    });
    const metrics = answer.itemCollectionMetrics;
    return readyAnswer({
      ConsumedCapacity: capacitiesOf(answer.consumedCapacity),
      ItemCollectionMetrics:
        metrics === undefined
          ? undefined
          : Object.fromEntries([...metrics].map(([name, all]) => [name, all.map(metricsOf)])),
    });
  },
});

function actionOf({ ConditionCheck, Put, Delete, Update }: Action): TransactWriteItem {
  return {
    conditionCheck: ConditionCheck && {
      ...conditionOf(ConditionCheck),
      key: attributeMap(ConditionCheck.Key),
      conditionExpression: ConditionCheck.ConditionExpression,
    },
    put: Put && { ...conditionOf(Put), item: attributeMap(Put.Item) },
    delete: Delete && { ...conditionOf(Delete), key: attributeMap(Delete.Key) },
    update: Update && {
      ...conditionOf(Update),
      key: attributeMap(Update.Key),
      updateExpression: Update.UpdateExpression,
    },
  };
}

function conditionOf(given: Conditional): Omit<NonNullable<TransactWriteItem["delete"]>, "key"> {
  return {
    tableName: given.TableName,
    conditionExpression: given.ConditionExpression,
    expressionAttributeNames: given.ExpressionAttributeNames,
    expressionAttributeValues: optionalMap(given.ExpressionAttributeValues),
    returnValuesOnConditionCheckFailure: given.ReturnValuesOnConditionCheckFailure,
  };
}
