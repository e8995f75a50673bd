import { operation } from "../context.ts";
import type { RbinOperation } from "../context.ts";
import { identifier } from "../rule.ts";

export const deleteRule: RbinOperation = operation({
  name: "DeleteRule",
  http: { method: "DELETE", path: "/rules/{identifier}", status: 204 },
  input: { Identifier: identifier },
  output: {},
  errors: ["ResourceNotFoundException", "ValidationException"],
  async handler({ Identifier: ruleId }, { volumes }) {
    await volumes.snapshots.deleteRule({ ruleId });
    return {};
  },
});
