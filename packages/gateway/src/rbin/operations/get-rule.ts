import { operation } from "../context.ts";
import type { RbinOperation } from "../context.ts";
import { identifier, ruleMember, ruleMembers } from "../rule.ts";

export const getRule: RbinOperation = operation({
  name: "GetRule",
  http: { method: "GET", path: "/rules/{identifier}" },
  input: { Identifier: identifier },
  output: ruleMembers,
  errors: ["ResourceNotFoundException", "ValidationException"],
  async handler({ Identifier: ruleId }, context) {
    return ruleMember(await context.volumes.snapshots.rule({ ruleId }), context);
  },
});
