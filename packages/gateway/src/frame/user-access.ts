import { evaluatePolicies, policyDeniesAction } from "@firn/auth";
import { callerFacts } from "./caller-facts.ts";
import type { RequestContext } from "./context.ts";

const PARTIQL: readonly string[] = [
  "dynamodb:PartiQLSelect",
  "dynamodb:PartiQLInsert",
  "dynamodb:PartiQLUpdate",
  "dynamodb:PartiQLDelete",
];

/** Operations that policies know by what they may do, not by their name. */
const ACTIONS: ReadonlyMap<string, readonly string[]> = new Map([
  ["dynamodb:TransactGetItems", ["dynamodb:GetItem"]],
  [
    "dynamodb:TransactWriteItems",
    [
      "dynamodb:PutItem",
      "dynamodb:UpdateItem",
      "dynamodb:DeleteItem",
      "dynamodb:ConditionCheckItem",
    ],
  ],
  ["dynamodb:ExecuteStatement", PARTIQL],
  ["dynamodb:BatchExecuteStatement", PARTIQL],
  ["dynamodb:ExecuteTransaction", PARTIQL],
]);

/**
 * Why a user may not do this in a service that does not tell policies which resource is meant;
 * `undefined`: it may. Only what is allowed on every resource is allowed then, and what is denied
 * on any, or under any condition, is denied: never more than AWS would allow.
 */
export function reasonAgainstUser(context: RequestContext, operation: string): string | undefined {
  if (context.caller.isRoot) return undefined;
  for (const action of ACTIONS.get(operation) ?? [operation]) {
    const reason = reasonAgainst(context, action);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function reasonAgainst(context: RequestContext, action: string): string | undefined {
  const policies = context.caller.policies ?? [];
  const denial = policyDeniesAction(policies, action);
  if (denial !== undefined) return `a policy of the user denies ${action} (${denial})`;
  const facts = callerFacts(context);
  const asked = { principal: {}, action, resource: "*", facts };
  if (evaluatePolicies(policies, asked).effect === "allow") return undefined;
  return `no policy of the user allows ${action} on every resource`;
}
