/** A rule of the recycle bin as the API spells it. */
import type { RetentionRule, Tag } from "@firn/volumes";
import { integer, list, string, structure } from "@firn/wire";
import type { Shape } from "@firn/wire";
import type { RbinContext } from "./context.ts";

export interface WireTag {
  readonly ResourceTagKey: string;
  readonly ResourceTagValue?: string | undefined;
}

export interface Period {
  readonly RetentionPeriodValue: number;
  readonly RetentionPeriodUnit: "DAYS";
}

const tag = structure({
  ResourceTagKey: string({ required: true, pattern: "[\\S\\s]{1,128}" }),
  ResourceTagValue: string({ pattern: "[\\S\\s]{0,256}" }),
});

export const resourceTags: Shape<readonly WireTag[], false> = list(tag, { max: 50 });
export const excludeResourceTags: Shape<readonly WireTag[], false> = list(tag, { max: 5 });

const periodMembers = {
  RetentionPeriodValue: integer({ required: true, min: 1, max: 3650 }),
  RetentionPeriodUnit: string({ required: true, values: ["DAYS"] }),
} as const;

export const period: Shape<Period, false> = structure(periodMembers);
export const requiredPeriod: Shape<Period, true> = structure(periodMembers, { required: true });

/** AMIs and volumes have a bin too with AWS; here snapshots do. */
const TYPES = { values: ["EBS_SNAPSHOT"] } as const;
export const resourceType: Shape<"EBS_SNAPSHOT", false> = string(TYPES);
export const requiredResourceType: Shape<"EBS_SNAPSHOT", true> = string({
  ...TYPES,
  required: true,
});

export const description: Shape<string, false> = string({ pattern: "[\\S ]{0,255}" });

export const identifier: Shape<string, true> = string({
  required: true,
  pattern: "[0-9a-zA-Z]{11}",
  in: "path",
  name: "identifier",
});

export interface RuleMember {
  readonly Identifier?: string | undefined;
  readonly Description?: string | undefined;
  readonly ResourceType?: string | undefined;
  readonly RetentionPeriod?: Period | undefined;
  readonly ResourceTags?: readonly WireTag[] | undefined;
  readonly ExcludeResourceTags?: readonly WireTag[] | undefined;
  readonly Status?: string | undefined;
  readonly LockState?: string | undefined;
  readonly RuleArn?: string | undefined;
}

export const ruleMembers: {
  readonly [K in keyof RuleMember]-?: Shape<NonNullable<RuleMember[K]>, false>;
} = {
  Identifier: string(),
  Description: string(),
  ResourceType: string(),
  RetentionPeriod: period,
  ResourceTags: resourceTags,
  ExcludeResourceTags: excludeResourceTags,
  Status: string(),
  LockState: string(),
  RuleArn: string(),
};

/** A rule holds from the moment on in which it is made. */
export function ruleMember(rule: RetentionRule, { caller, region }: RbinContext): RuleMember {
  return {
    Identifier: rule.ruleId,
    Description: rule.description,
    ResourceType: "EBS_SNAPSHOT",
    RetentionPeriod: { RetentionPeriodValue: rule.retentionDays, RetentionPeriodUnit: "DAYS" },
    ResourceTags: rule.resourceTags.map(wireTag),
    ExcludeResourceTags: rule.excludeResourceTags.map(wireTag),
    Status: "available",
    LockState: "unlocked",
    RuleArn: `arn:aws:rbin:${region}:${caller.accountId}:rule/${rule.ruleId}`,
  };
}

export function tagsFrom(tags: readonly WireTag[] | undefined): Tag[] | undefined {
  return tags?.map(({ ResourceTagKey: key, ResourceTagValue: value = "" }) => ({ key, value }));
}

function wireTag({ key, value }: Tag): WireTag {
  return { ResourceTagKey: key, ResourceTagValue: value };
}
