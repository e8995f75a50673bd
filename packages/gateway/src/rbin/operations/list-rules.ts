import type { RetentionRule, Tag } from "@firn/volumes";
import { integer, list, string, structure } from "@firn/wire";
import { operation } from "../context.ts";
import type { RbinOperation } from "../context.ts";
import {
  excludeResourceTags,
  requiredResourceType,
  resourceTags,
  ruleMember,
  ruleMembers,
  tagsFrom,
} from "../rule.ts";
import { validationError } from "../validation-error.ts";

const { Identifier, Description, RetentionPeriod, LockState, RuleArn } = ruleMembers;
const summary = structure({ Identifier, Description, RetentionPeriod, LockState, RuleArn });
const PAGE_RULES = 100;
const TOKEN_HEAD = "after:";

export const listRules: RbinOperation = operation({
  name: "ListRules",
  http: { method: "POST", path: "/list-rules" },
  input: {
    MaxResults: integer({ min: 1, max: 1000 }),
    NextToken: string({ pattern: "[A-Za-z0-9+/=]{1,2048}" }),
    ResourceType: requiredResourceType,
    ResourceTags: resourceTags,
    ExcludeResourceTags: excludeResourceTags,
    LockState: string({ values: ["locked", "pending_unlock", "unlocked"] }),
  },
  output: { Rules: list(summary), NextToken: string() },
  errors: ["ValidationException"],
  async handler(input, context) {
    const { MaxResults = PAGE_RULES, LockState: lockState = "unlocked" } = input;
    const [tags, excluded] = [tagsFrom(input.ResourceTags), tagsFrom(input.ExcludeResourceTags)];
    const after = readToken(input.NextToken) ?? "";
    const found: RetentionRule[] = [];
    // No rule is locked here.
    for await (const rule of context.volumes.snapshots.rules()) {
      const fits = hasAll(rule.resourceTags, tags) && hasAll(rule.excludeResourceTags, excluded);
      if (lockState === "unlocked" && fits && rule.ruleId > after) found.push(rule);
      if (found.length > MaxResults) break;
    }
    const page = found.slice(0, MaxResults);
    const next = found.length > MaxResults ? page.at(-1)?.ruleId : undefined;
    return {
      Rules: page.map((rule) => ruleMember(rule, context)),
      NextToken: next === undefined ? undefined : Buffer.from(TOKEN_HEAD + next).toString("base64"),
    };
  },
});

function hasAll(tags: readonly Tag[], wanted: readonly Tag[] = []): boolean {
  return wanted.every((one) =>
    tags.some(({ key, value }) => key === one.key && value === one.value),
  );
}

function readToken(token: string | undefined): string | undefined {
  if (token === undefined) return undefined;
  const text = Buffer.from(token, "base64").toString("latin1");
  if (text.startsWith(TOKEN_HEAD)) return text.slice(TOKEN_HEAD.length);
  throw validationError("The page token is not valid.", "INVALID_PAGE_TOKEN");
}
