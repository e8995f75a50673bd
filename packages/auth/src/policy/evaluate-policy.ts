import { conditionHolds } from "./condition-operators.ts";
import { globMatches } from "./glob.ts";
import type {
  PatternList,
  Policy,
  PolicyPrincipal,
  PolicyRequest,
  PrincipalList,
  Statement,
  Verdict,
} from "./policy-types.ts";

/**
 * What the policy says to the request: a `Deny` that fits outweighs every `Allow`, and among those
 * one that names the principal outweighs one that names its account.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function evaluatePolicy(policy: Policy, request: PolicyRequest): Verdict {
  let verdict: Verdict = { effect: "none" };
  for (const statement of policy.statements) {
    if (verdict.effect === "allow" && statement.effect === "Allow") continue;
    const named = statementFits(statement, request);
    if (named === "no") continue;
    if (statement.effect === "Deny") return { effect: "deny", statement: statement.name };
    const effect = named === "account" ? "delegate" : "allow";
    verdict = { effect, statement: statement.name };
  }
  return verdict;
}

/** Several policies as one: a denial of any outweighs what the others allow. */
export function evaluatePolicies(policies: readonly Policy[], request: PolicyRequest): Verdict {
  let verdict: Verdict = { effect: "none" };
  for (const policy of policies) {
    const said = evaluatePolicy(policy, request);
    if (said.effect === "deny") return said;
    if (said.effect === "allow" || verdict.effect === "none") verdict = said;
  }
  return verdict;
}

/**
 * The statement that denies the action somewhere, under some condition, if any does: for whoever
 * cannot tell which resource is meant.
 */
export function policyDeniesAction(
  policies: readonly Policy[],
  action: string,
): string | undefined {
  const facts = new Map<string, readonly string[]>();
  for (const { effect, actions, name } of policies.flatMap(({ statements }) => statements)) {
    const named = actions.patterns.some((one) => globMatches(one, action.toLowerCase(), facts));
    if (effect === "Deny" && named !== actions.negated) return name;
  }
  return undefined;
}

/** How a statement names who asks, if it fits at all. */
type Named = "no" | "account" | "principal";

function statementFits(statement: Statement, request: PolicyRequest): Named {
  const { facts } = request;
  if (!fits(statement.actions, request.action.toLowerCase(), request)) return "no";
  if (!fits(statement.resources, request.resource, request)) return "no";
  const named = namedBy(statement.principals, request.principal);
  if (named === "no") return "no";
  return statement.conditions.every((one) => conditionHolds(one, facts)) ? named : "no";
}

function fits({ negated, patterns }: PatternList, text: string, { facts }: PolicyRequest): boolean {
  return patterns.some((pattern) => globMatches(pattern, text, facts)) !== negated;
}

function namedBy(list: PrincipalList | undefined, principal: PolicyPrincipal): Named {
  if (list === undefined) return "principal";
  const named = listed(list, principal);
  if (!list.negated) return named;
  return named === "no" ? "principal" : "no";
}

function listed(list: PrincipalList, { accountId, arn, canonicalId }: PolicyPrincipal): Named {
  if (list.everybody) return "principal";
  if (arn !== undefined && list.arns.includes(arn)) return "principal";
  if (canonicalId !== undefined && list.canonicalIds.includes(canonicalId)) return "account";
  return accountId !== undefined && list.accounts.includes(accountId) ? "account" : "no";
}
