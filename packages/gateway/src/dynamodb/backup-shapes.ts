import type { RestoreRequest } from "@firn/tables";
import { string, unsupported } from "@firn/wire";
import type { Shape } from "@firn/wire";
import { onDemandOf, onDemandThroughput } from "./setting-shapes.ts";
import {
  billingMode,
  globalIndexes,
  globalIndexOf,
  localIndexes,
  localIndexOf,
  provisionedThroughput,
  throughputOf,
} from "./table-shapes.ts";

/* Members that several operations on backups have. */

export const backupArn: Shape<string, true> = string({ required: true, min: 37, max: 1024 });

export const targetTableName: Shape<string, true> = string({
  required: true,
  pattern: "[a-zA-Z0-9_.-]+",
  min: 3,
  max: 255,
});

/** What a restored table may have otherwise than its source. */
export const restoreOverrides = {
  BillingModeOverride: billingMode,
  GlobalSecondaryIndexOverride: globalIndexes,
  LocalSecondaryIndexOverride: localIndexes,
  ProvisionedThroughputOverride: provisionedThroughput,
  OnDemandThroughputOverride: onDemandThroughput,
  SSESpecificationOverride: unsupported(),
} as const;

type Given<T> = T extends Shape<infer V> ? V | undefined : never;

type Overrides = {
  readonly [K in Exclude<keyof typeof restoreOverrides, "SSESpecificationOverride">]?: Given<
    (typeof restoreOverrides)[K]
  >;
};

export function overridesOf(given: Overrides): Omit<RestoreRequest, "targetTableName"> {
  return {
    billingModeOverride: given.BillingModeOverride,
    globalSecondaryIndexOverride: given.GlobalSecondaryIndexOverride?.map(globalIndexOf),
    localSecondaryIndexOverride: given.LocalSecondaryIndexOverride?.map(localIndexOf),
    provisionedThroughputOverride: throughputOf(given.ProvisionedThroughputOverride),
    onDemandThroughputOverride: onDemandOf(given.OnDemandThroughputOverride),
  };
}
