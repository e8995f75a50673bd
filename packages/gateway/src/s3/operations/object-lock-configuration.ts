import type { BucketLock, DefaultRetention } from "@firn/objects";
import type { XmlElement } from "@firn/wire";
import { configurationOperations } from "../configuration-operations.ts";
import { optionalChild, optionalCount, requiredChild, requiredText } from "../configuration-xml.ts";
import type { S3Operation } from "../context.ts";

/** PutObjectLockConfiguration, GetObjectLockConfiguration. */
export const objectLockConfiguration: readonly S3Operation[] = configurationOperations<BucketLock>({
  name: "ObjectLockConfiguration",
  subresource: "object-lock",
  root: "ObjectLockConfiguration",
  errors: ["ObjectLockConfigurationNotFoundError", "InvalidBucketState", "InvalidRetentionPeriod"],
  read,
  write: ({ defaultRetention }) => ({
    ObjectLockEnabled: "Enabled",
    Rule: defaultRetention && {
      DefaultRetention: {
        Mode: defaultRetention.mode,
        Days: defaultRetention.days,
        Years: defaultRetention.years,
      },
    },
  }),
  get: (objects, request) => objects.getObjectLockConfiguration(request),
  put: (objects, request, lock) => objects.putObjectLockConfiguration({ ...request, lock }),
});

function read(document: XmlElement): BucketLock {
  requiredText(document, "ObjectLockEnabled", ["Enabled"]);
  const rule = optionalChild(document, "Rule");
  if (rule === undefined) return {};
  return { defaultRetention: readDefault(requiredChild(rule, "DefaultRetention")) };
}

function readDefault(element: XmlElement): DefaultRetention {
  return {
    mode: requiredText(element, "Mode", ["GOVERNANCE", "COMPLIANCE"]),
    days: optionalCount(element, "Days"),
    years: optionalCount(element, "Years"),
  };
}
