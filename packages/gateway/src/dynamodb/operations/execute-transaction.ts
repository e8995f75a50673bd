import { document, list, string, structure } from "@firn/wire";
import { capacitiesOf, ItemList, readyAnswer } from "../answers.ts";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { readErrors } from "../item-errors.ts";
import { returnConsumedCapacity, returnValuesOnConditionCheckFailure } from "../shapes.ts";
import { itemResponse, parameters, statementOf, statementText } from "../statements.ts";

const STATEMENTS_MAX = 100;

export const executeTransaction: DynamoDbOperation = operation({
  name: "ExecuteTransaction",
  input: {
    TransactStatements: list(
      structure({
        Statement: statementText,
        Parameters: parameters,
        ReturnValuesOnConditionCheckFailure: returnValuesOnConditionCheckFailure,
      }),
      { required: true, min: 1, max: STATEMENTS_MAX },
    ),
    ClientRequestToken: string({ min: 1, max: 36 }),
    ReturnConsumedCapacity: returnConsumedCapacity,
  },
  output: { Responses: document(), ConsumedCapacity: document() },
  errors: [...readErrors, "TransactionCanceledException", "IdempotentParameterMismatchException"],
  async handler(input, { tables }) {
    const answer = await tables.executeTransaction({
      transactStatements: input.TransactStatements.map(statementOf),
      clientRequestToken: input.ClientRequestToken,
      returnConsumedCapacity: input.ReturnConsumedCapacity,
    });
    return readyAnswer({
      Responses: new ItemList(answer.responses.map(itemResponse)),
      ConsumedCapacity: capacitiesOf(answer.consumedCapacity),
    });
  },
});
