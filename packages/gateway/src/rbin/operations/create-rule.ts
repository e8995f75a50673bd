import { unsupported } from "@firn/wire";
import { operation } from "../context.ts";
import type { RbinOperation } from "../context.ts";
import {
  description,
  excludeResourceTags,
  requiredPeriod,
  requiredResourceType,
  resourceTags,
  ruleMember,
  ruleMembers,
  tagsFrom,
} from "../rule.ts";

export const createRule: RbinOperation = operation({
  name: "CreateRule",
  http: { method: "POST", path: "/rules", status: 201 },
  input: {
    RetentionPeriod: requiredPeriod,
    Description: description,
    ResourceType: requiredResourceType,
    ResourceTags: resourceTags,
    ExcludeResourceTags: excludeResourceTags,
    Tags: unsupported(),
    LockConfiguration: unsupported(),
  },
  output: ruleMembers,
  errors: ["ValidationException", "ServiceQuotaExceededException"],
  async handler(input, context) {
    const rule = await context.volumes.snapshots.createRule({
      description: input.Description,
      retentionDays: input.RetentionPeriod.RetentionPeriodValue,
      resourceTags: tagsFrom(input.ResourceTags),
      excludeResourceTags: tagsFrom(input.ExcludeResourceTags),
    });
    return ruleMember(rule, context);
  },
});
