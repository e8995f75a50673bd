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
export const restoreOverrides: {
  readonly BillingModeOverride: typeof billingMode;
  readonly GlobalSecondaryIndexOverride: typeof globalIndexes;
  readonly LocalSecondaryIndexOverride: typeof localIndexes;
  readonly ProvisionedThroughputOverride: typeof provisionedThroughput;
  readonly OnDemandThroughputOverride: typeof onDemandThroughput;
  readonly SSESpecificationOverride: ReturnType<typeof unsupported>;
} = {
  BillingModeOverride: billingMode,
  GlobalSecondaryIndexOverride: globalIndexes,
  LocalSecondaryIndexOverride: localIndexes,
  ProvisionedThroughputOverride: provisionedThroughput,
  OnDemandThroughputOverride: onDemandThroughput,
  SSESpecificationOverride: unsupported(),
};

interface Overrides {
  readonly BillingModeOverride?: Given<typeof billingMode>;
  readonly GlobalSecondaryIndexOverride?: Given<typeof globalIndexes>;
  readonly LocalSecondaryIndexOverride?: Given<typeof localIndexes>;
  readonly ProvisionedThroughputOverride?: Given<typeof provisionedThroughput>;
  readonly OnDemandThroughputOverride?: Given<typeof onDemandThroughput>;
}

type Given<S> = S extends Shape<infer T> ? T | undefined : never;

export function overridesOf(given: Overrides): Omit<RestoreRequest, "targetTableName"> {
  return {
    billingModeOverride: given.BillingModeOverride,
    globalSecondaryIndexOverride: given.GlobalSecondaryIndexOverride?.map(globalIndexOf),
    localSecondaryIndexOverride: given.LocalSecondaryIndexOverride?.map(localIndexOf),
    provisionedThroughputOverride: throughputOf(given.ProvisionedThroughputOverride),
    onDemandThroughputOverride: onDemandOf(given.OnDemandThroughputOverride),
  };
}
