import type { TableEngine } from "@firn/tables";
import { document } from "@firn/wire";
import type { Members, ReadyBody } from "@firn/wire";
import { capacityOf, metricsOf, readyAnswer } from "./answers.ts";
import { optionalMap } from "./documents.ts";
import { expectedOf } from "./legacy.ts";

/* What PutItem, DeleteItem and UpdateItem have in common; their inputs differ in order. */

type Given = Parameters<TableEngine["deleteItem"]>[0];

interface WriteInput {
  readonly TableName: string;
  readonly Expected?: Parameters<typeof expectedOf>[0];
  readonly ConditionalOperator?: Given["conditionalOperator"];
  readonly ConditionExpression?: string | undefined;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>> | undefined;
  readonly ExpressionAttributeValues?: unknown;
  readonly ReturnValues?: Given["returnValues"];
  readonly ReturnValuesOnConditionCheckFailure?: Given["returnValuesOnConditionCheckFailure"];
  readonly ReturnConsumedCapacity?: Given["returnConsumedCapacity"];
  readonly ReturnItemCollectionMetrics?: Given["returnItemCollectionMetrics"];
}

export const writeOutput: Members = {
  Attributes: document(),
  ConsumedCapacity: document(),
  ItemCollectionMetrics: document(),
};

/** All of the engine's request but the item or key. @throws SerializationException. */
export function writeRequest(input: WriteInput): Omit<Given, "key"> {
  return {
    tableName: input.TableName,
    expected: expectedOf(input.Expected),
    conditionalOperator: input.ConditionalOperator,
    conditionExpression: input.ConditionExpression,
    expressionAttributeNames: input.ExpressionAttributeNames,
    expressionAttributeValues: optionalMap(input.ExpressionAttributeValues),
    returnValues: input.ReturnValues,
    returnValuesOnConditionCheckFailure: input.ReturnValuesOnConditionCheckFailure,
    returnConsumedCapacity: input.ReturnConsumedCapacity,
    returnItemCollectionMetrics: input.ReturnItemCollectionMetrics,
  };
}

export function writeAnswer(answer: Awaited<ReturnType<TableEngine["deleteItem"]>>): ReadyBody {
  return readyAnswer({
    Attributes: answer.attributes,
    ConsumedCapacity: capacityOf(answer.consumedCapacity),
    ItemCollectionMetrics: metricsOf(answer.itemCollectionMetrics),
  });
}
