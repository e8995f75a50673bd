import { evaluatePolicies, evaluatePolicy } from "@firn/auth";
import type { ConditionFacts, Policy, PolicyRequest, Verdict } from "@firn/auth";
import type { AttributeMap, PolicyRecord, TableAccess, TableEngine } from "@firn/tables";
import { ServiceError } from "@firn/wire";
import { callerFacts } from "../../frame/caller-facts.ts";
import { checkPolicy } from "../check-policy.ts";
import type { DynamoDbContext, DynamoDbOperation } from "../context.ts";
import { targetsOf } from "./targets.ts";
import type { AccessTarget } from "./targets.ts";

/** A way back in for who has locked everybody out. */
const POLICY_OPERATIONS: readonly string[] = [
  "PutResourcePolicy",
  "GetResourcePolicy",
  "DeleteResourcePolicy",
];

/** For what cannot be told: no value of a condition is like it, so nothing is let in by mistake. */
const UNTOLD = "\u0000";

/**
 * Who may do what to tables: a caller's own policies and the policy of the table together. A denial
 * in either outweighs everything; what neither allows is refused; roots may do what nobody denies.
 * It is decided when the request has been decoded, for its tables are in its body.
 */
export class Authorizer {
  /** Policies as they are evaluated; records are new when their text is. */
  readonly #parsed = new WeakMap<PolicyRecord, Policy>();

  /** The operation, behind the question whether the caller may. */
  guarded(operation: DynamoDbOperation): DynamoDbOperation {
    const { handler } = operation;
    const run = handler as unknown as (input: unknown, context: DynamoDbContext) => unknown;
    return {
      ...operation,
      handler: async (input: never, context: DynamoDbContext) => {
        if (isOwnersOwn(input, context)) return run(input, context);
        for (const target of targetsOf(operation.name, input, context)) {
          const decided = this.#decide(operation.name, target, context);
          if (decided instanceof Promise) await decided;
        }
        return run(input, context);
      },
    };
  }

  /** @throws AccessDeniedException. */
  #decide(operation: string, target: AccessTarget, context: DynamoDbContext): void | Promise<void> {
    const { caller, tables } = context;
    const access = accessTo(target, tables);
    const decide = (found: TableAccess): void => {
      const isOwnPolicy = POLICY_OPERATIONS.includes(operation);
      if (caller.isRoot && (found.policy === undefined || isOwnPolicy)) return;
      this.#check(target, context, found);
    };
    return access instanceof Promise ? access.then(decide) : decide(access);
  }

  #check(target: AccessTarget, context: DynamoDbContext, access: TableAccess): void {
    const { caller } = context;
    const request: PolicyRequest = {
      principal: { accountId: caller.accountId, arn: caller.arn },
      action: target.action,
      resource: target.resource,
      facts: factsOf(context, target, access),
    };
    const own = evaluatePolicies(caller.policies ?? [], request);
    const its: Verdict =
      access.policy === undefined
        ? { effect: "none" }
        : evaluatePolicy(this.#policy(access.policy), request);
    if (own.effect === "deny") throw denied(target, context, WITH_DENY("an identity-based"));
    if (its.effect === "deny") throw denied(target, context, WITH_DENY("a resource-based"));
    if (caller.isRoot || own.effect === "allow" || its.effect === "allow") return;
    const because = `because no identity-based policy allows the ${target.action} action`;
    throw denied(target, context, because);
  }

  #policy(record: PolicyRecord): Policy {
    const known = this.#parsed.get(record);
    if (known !== undefined) return known;
    const parsed = checkPolicy(record.text);
    this.#parsed.set(record, parsed);
    return parsed;
  }
}

/**
 * A root's request on one table that is known and has no policy: nobody can have denied it, and
 * nearly every request is one.
 */
function isOwnersOwn(
  { TableName: name }: { readonly TableName?: unknown },
  { caller, tables }: DynamoDbContext,
): boolean {
  if (!caller.isRoot || typeof name !== "string") return false;
  const access = tables.accessOf(name);
  return !(access instanceof Promise) && access.policy === undefined;
}

/** A stream has a policy of its own. */
function accessTo(
  { resource, tableName }: AccessTarget,
  tables: TableEngine,
): TableAccess | Promise<TableAccess> {
  if (resource.includes("/stream/")) {
    const found = tables.policies.find(resource);
    // What is wrong with the stream, the operation says.
    return found.then((policy) => ({ policy })).catch(() => ({}));
  }
  return tableName === undefined ? {} : tables.accessOf(tableName);
}

const WITH_DENY = (kind: string): string => `with an explicit deny in ${kind} policy`;

function denied(
  { action, resource }: AccessTarget,
  context: DynamoDbContext,
  why: string,
): ServiceError {
  const text =
    `User: ${context.caller.arn} is not authorized to perform: ${action} ` +
    `on resource: ${resource} ${why}`;
  context.noteDenial(text);
  return new ServiceError("AccessDeniedException", 400, text);
}

/** What conditions of policies may ask about. */
function factsOf(
  context: DynamoDbContext,
  { keys }: AccessTarget,
  { partitionKey }: TableAccess,
): ConditionFacts {
  const facts = callerFacts(context);
  facts.set("dynamodb:leadingkeys", leadingKeys(keys, partitionKey));
  facts.set("dynamodb:attributes", [UNTOLD]);
  return facts;
}

function leadingKeys(
  keys: readonly AttributeMap[] | undefined,
  partitionKey: string | undefined,
): readonly string[] {
  if (keys === undefined || keys.length === 0 || partitionKey === undefined) return [UNTOLD];
  return keys.map((key) => {
    const value = Object.hasOwn(key, partitionKey) ? key[partitionKey] : undefined;
    const [content] = value === undefined ? [] : (Object.values(value) as unknown[]);
    return typeof content === "string" ? content : UNTOLD;
  });
}
