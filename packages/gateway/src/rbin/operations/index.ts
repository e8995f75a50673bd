import type { RbinOperation } from "../context.ts";
import { createRule } from "./create-rule.ts";
import { deleteRule } from "./delete-rule.ts";
import { getRule } from "./get-rule.ts";
import { listRules } from "./list-rules.ts";
import { updateRule } from "./update-rule.ts";

export const rbinOperations: readonly RbinOperation[] = [
  createRule,
  deleteRule,
  getRule,
  listRules,
  updateRule,
];
