import type { KeysAndAttributes } from "@firn/tables";
import { document, list, map, ServiceError, structure } from "@firn/wire";
import type { Shape } from "@firn/wire";
import { capacitiesOf, ItemList, readyAnswer } from "../answers.ts";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { attributeMap } from "../documents.ts";
import { readErrors } from "../item-errors.ts";
import { attributesToGet } from "../legacy.ts";
import { expressionAttributeNames, flag, returnConsumedCapacity, text } from "../shapes.ts";

interface TableKeys {
  readonly Keys: readonly unknown[];
  readonly AttributesToGet?: readonly string[] | undefined;
  readonly ConsistentRead?: boolean | undefined;
  readonly ProjectionExpression?: string | undefined;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>> | undefined;
}

const tableKeys: Shape<TableKeys> = structure({
  Keys: list(document(), { required: true, min: 1, max: 100 }),
  AttributesToGet: attributesToGet,
  ConsistentRead: flag,
  ProjectionExpression: text,
  ExpressionAttributeNames: expressionAttributeNames,
});

export const batchGetItem: DynamoDbOperation = operation({
  name: "BatchGetItem",
  input: {
    ReturnConsumedCapacity: returnConsumedCapacity,
    RequestItems: map(tableKeys, { required: true }),
  },
  output: {
    Responses: document(),
    UnprocessedKeys: document(),
    ConsumedCapacity: document(),
  },
  errors: readErrors,
  async handler(input, { tables }) {
    const requestItems = keysOf(input.RequestItems);
    const answer = await tables.batchGetItem({
      requestItems,
      returnConsumedCapacity: input.ReturnConsumedCapacity,
    });
    const unprocessed = [...answer.unprocessedKeys].map(
      ([name, left]) => [name, { ...input.RequestItems[name], Keys: left.keys }] as const,
    );
    return readyAnswer({
      Responses: new Map(
        [...answer.responses].map(([name, items]) => [name, new ItemList(items)] as const),
      ),
      UnprocessedKeys: Object.fromEntries(unprocessed),
      ConsumedCapacity: capacitiesOf(answer.consumedCapacity),
    });
  },
});

function keysOf(
  requested: Readonly<Record<string, TableKeys>>,
): Readonly<Record<string, KeysAndAttributes>> {
  const names = Object.keys(requested);
  if (names.length === 0) {
    throw new ServiceError(
      "ValidationException",
      400,
      "The requestItems parameter is required for BatchGetItem",
    );
  }
  const keys = Object.create(null) as Record<string, KeysAndAttributes>;
  for (const name of names) {
    const given = requested[name] as TableKeys;
    keys[name] = {
      keys: given.Keys.map(attributeMap),
      consistentRead: given.ConsistentRead,
      attributesToGet: given.AttributesToGet,
      projectionExpression: given.ProjectionExpression,
      expressionAttributeNames: given.ExpressionAttributeNames,
    };
  }
  return keys;
}
