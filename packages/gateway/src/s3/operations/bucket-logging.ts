import type { BucketLogging } from "@firn/objects";
import { ServiceError } from "@firn/wire";
import type { XmlElement } from "@firn/wire";
import { configurationOperations } from "../configuration-operations.ts";
import { optionalChild, requiredText } from "../configuration-xml.ts";
import type { XmlMembers } from "../configuration-xml.ts";
import type { S3Operation } from "../context.ts";
import { childText, malformedXml } from "../malformed-xml.ts";

/** PutBucketLogging, GetBucketLogging: an empty document ends it. */
export const bucketLogging: readonly S3Operation[] = configurationOperations<
  BucketLogging | undefined
>({
  name: "BucketLogging",
  subresource: "logging",
  root: "BucketLoggingStatus",
  errors: ["InvalidTargetBucketForLogging", "AccessControlListNotSupported"],
  read,
  write: (logging) => (logging === undefined ? {} : { LoggingEnabled: write(logging) }),
  get: (objects, request) => objects.getBucketLogging(request),
  put: (objects, request, logging) => objects.putBucketLogging({ ...request, logging }),
});

function read(document: XmlElement): BucketLogging | undefined {
  const enabled = optionalChild(document, "LoggingEnabled");
  if (enabled === undefined) return undefined;
  // As S3 says of buckets without lists, which is what new ones are.
  if ((optionalChild(enabled, "TargetGrants")?.children.length ?? 0) > 0) {
    const text = "The bucket does not allow ACLs";
    throw new ServiceError("AccessControlListNotSupported", 400, text);
  }
  const targetPrefix = childText(enabled, "TargetPrefix");
  if (targetPrefix === undefined) throw malformedXml();
  const targetBucket = requiredText(enabled, "TargetBucket");
  return { targetBucket, targetPrefix, keyFormat: keyFormatIn(enabled) };
}

function keyFormatIn(enabled: XmlElement): BucketLogging["keyFormat"] {
  const format = optionalChild(enabled, "TargetObjectKeyFormat");
  if (format === undefined) return undefined;
  const partitioned = optionalChild(format, "PartitionedPrefix");
  const simple = optionalChild(format, "SimplePrefix");
  if ((partitioned === undefined) === (simple === undefined)) throw malformedXml();
  if (partitioned === undefined) return "simple";
  const source = requiredText(partitioned, "PartitionDateSource", ["EventTime", "DeliveryTime"]);
  return source === "EventTime" ? "event" : "delivery";
}

function write({ targetBucket, targetPrefix, keyFormat }: BucketLogging): XmlMembers {
  return {
    TargetBucket: targetBucket,
    TargetPrefix: targetPrefix,
    TargetObjectKeyFormat: keyFormat === undefined ? undefined : writeFormat(keyFormat),
  };
}

function writeFormat(keyFormat: NonNullable<BucketLogging["keyFormat"]>): XmlMembers {
  if (keyFormat === "simple") return { SimplePrefix: {} };
  const source = keyFormat === "event" ? "EventTime" : "DeliveryTime";
  return { PartitionedPrefix: { PartitionDateSource: source } };
}
