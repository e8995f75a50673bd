import type { Tables } from "@firn/tables";
import { faultsOf } from "../frame/faults.ts";
import type { Service } from "../frame/service.ts";
import { Authorizer } from "./authorization/authorizer.ts";
import type { DynamoDbContext } from "./context.ts";
import { dynamoDbErrors, errorMessageKey, errorType } from "./errors.ts";
import { dynamoDbOperations } from "./operations/index.ts";
import { dynamoDbRefusals } from "./refusals.ts";

/** DynamoDB over the tables. */
export function createDynamoDbService(engines: {
  readonly tables: Tables;
}): Service<DynamoDbContext> {
  const { engine } = engines.tables;
  const authorizer = new Authorizer();
  return {
    name: "dynamodb",
    protocol: "json-1.0",
    targetPrefix: "DynamoDB_20120810",
    operations: dynamoDbOperations.map((operation) => authorizer.guarded(operation)),
    // Each operation asks for itself, once its tables are known.
    authorize: () => undefined,
    authorizesLater: true,
    errors: dynamoDbErrors,
    errorType,
    errorMessageKey,
    faults: faultsOf("json-1.0"),
    refusals: dynamoDbRefusals,
    context: (request) =>
      Object.assign(request, {
        tables: engine.in({ accountId: request.caller.accountId, region: request.region }),
      }),
  };
}
