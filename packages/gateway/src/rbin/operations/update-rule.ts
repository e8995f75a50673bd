import { operation } from "../context.ts";
import type { RbinOperation } from "../context.ts";
import {
  description,
  excludeResourceTags,
  identifier,
  period,
  resourceTags,
  resourceType,
  ruleMember,
  ruleMembers,
  tagsFrom,
} from "../rule.ts";

export const updateRule: RbinOperation = operation({
  name: "UpdateRule",
  http: { method: "PATCH", path: "/rules/{identifier}" },
  input: {
    Identifier: identifier,
    RetentionPeriod: period,
    Description: description,
    ResourceType: resourceType,
    ResourceTags: resourceTags,
    ExcludeResourceTags: excludeResourceTags,
  },
  output: ruleMembers,
  errors: ["ResourceNotFoundException", "ValidationException"],
  async handler(input, context) {
    const rule = await context.volumes.snapshots.updateRule(input.Identifier, {
      description: input.Description,
      retentionDays: input.RetentionPeriod?.RetentionPeriodValue,
      resourceTags: tagsFrom(input.ResourceTags),
      excludeResourceTags: tagsFrom(input.ExcludeResourceTags),
    });
    return ruleMember(rule, context);
  },
});
