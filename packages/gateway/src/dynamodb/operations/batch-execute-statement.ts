import type { BatchStatementAnswer } from "@firn/tables";
import { document, list, structure } from "@firn/wire";
import { capacitiesOf, ItemList, readyAnswer } from "../answers.ts";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { flag, returnConsumedCapacity, returnValuesOnConditionCheckFailure } from "../shapes.ts";
import { parameters, statementOf, statementText } from "../statements.ts";

const STATEMENTS_MAX = 25;

export const batchExecuteStatement: DynamoDbOperation = operation({
  name: "BatchExecuteStatement",
  input: {
    Statements: list(
      structure({
        Statement: statementText,
        Parameters: parameters,
        ConsistentRead: flag,
        ReturnValuesOnConditionCheckFailure: returnValuesOnConditionCheckFailure,
      }),
      { required: true, min: 1, max: STATEMENTS_MAX },
    ),
    ReturnConsumedCapacity: returnConsumedCapacity,
  },
  output: { Responses: document(), ConsumedCapacity: document() },
  errors: [],
  async handler(input, { tables }) {
    const answer = await tables.batchExecuteStatement({
      statements: input.Statements.map((given) => ({
        ...statementOf(given),
        consistentRead: given.ConsistentRead,
      })),
      returnConsumedCapacity: input.ReturnConsumedCapacity,
    });
    return readyAnswer({
      Responses: new ItemList(answer.responses.map(responseText)),
      ConsumedCapacity: capacitiesOf(answer.consumedCapacity),
    });
  },
});

function responseText({ error, item, tableName }: BatchStatementAnswer): Uint8Array {
  const members: [string, unknown][] = [
    ["Code", error?.code],
    ["Message", error?.message],
    ["Item", error?.item],
  ];
  const told = new Map(members.filter(([, value]) => value !== undefined));
  const body = readyAnswer({
    Error: error === undefined ? undefined : told,
    Item: item,
    TableName: tableName,
  });
  return Buffer.from(body.bytes);
}
