import { document, string } from "@firn/wire";
import { capacityOf, ItemList, readyAnswer } from "../answers.ts";
import type { DynamoDbOperation } from "../context.ts";
import { operation } from "../context.ts";
import { writeErrors } from "../item-errors.ts";
import {
  atLeastOne,
  flag,
  returnConsumedCapacity,
  returnValuesOnConditionCheckFailure,
} from "../shapes.ts";
import { parameters, statementOf, statementText } from "../statements.ts";

const TOKEN_CHARACTERS_MAX = 32768;

export const executeStatement: DynamoDbOperation = operation({
  name: "ExecuteStatement",
  input: {
    Statement: statementText,
    Parameters: parameters,
    ConsistentRead: flag,
    NextToken: string({ min: 1, max: TOKEN_CHARACTERS_MAX }),
    ReturnConsumedCapacity: returnConsumedCapacity,
    Limit: atLeastOne,
    ReturnValuesOnConditionCheckFailure: returnValuesOnConditionCheckFailure,
  },
  output: {
    Items: document(),
    NextToken: string(),
    ConsumedCapacity: document(),
    LastEvaluatedKey: document(),
  },
  errors: [...writeErrors, "DuplicateItemException", "TransactionConflictException"],
  async handler(input, { tables }) {
    const answer = await tables.executeStatement({
      ...statementOf(input),
      consistentRead: input.ConsistentRead,
      nextToken: input.NextToken,
      limit: input.Limit,
      returnConsumedCapacity: input.ReturnConsumedCapacity,
    });
    return readyAnswer({
      Items: new ItemList(answer.items),
      NextToken: answer.nextToken,
      ConsumedCapacity: capacityOf(answer.consumedCapacity),
      LastEvaluatedKey: answer.lastEvaluatedKey,
    });
  },
});
