import type { EventName, NotificationConfiguration, NotificationRule } from "@firn/objects";
import { eventNames } from "@firn/objects";
import { ServiceError, blob, boolean } from "@firn/wire";
import type { XmlElement } from "@firn/wire";
import { checkDigests } from "../buffered-body.ts";
import { requestOf } from "../configuration-operations.ts";
import {
  childrenOf,
  documentBody,
  optionalChild,
  optionalText,
  requiredText,
} from "../configuration-xml.ts";
import type { XmlMembers } from "../configuration-xml.ts";
import { operation } from "../context.ts";
import type { S3Operation } from "../context.ts";
import { childText, malformedXml, readDocument } from "../malformed-xml.ts";
import { bodyCheckMembers, bucketMembers } from "../members.ts";

const ROOT = "NotificationConfiguration";

const putBucketNotification: S3Operation = operation({
  name: "PutBucketNotificationConfiguration",
  http: { method: "PUT", path: "/{Bucket}", query: ["notification"] },
  input: {
    ...bucketMembers,
    ...bodyCheckMembers,
    SkipDestinationValidation: boolean({ in: "header", name: "x-amz-skip-destination-validation" }),
    Document: blob({ in: "payload" }),
  },
  output: {},
  errors: [
    "NoSuchBucket",
    "AccessDenied",
    "MalformedXML",
    "InvalidDigest",
    "BadDigest",
    "InvalidArgument",
    "NotImplemented",
  ],
  async handler(input, context) {
    const body = input.Document ?? new Uint8Array();
    checkDigests(body, input);
    const notifications = read(readDocument(body, ROOT));
    const { SkipDestinationValidation: skipDestinationValidation } = input;
    const { requestId } = context;
    await context.objects.putBucketNotificationConfiguration({
      ...requestOf(input, context),
      notifications,
      skipDestinationValidation,
      requestId,
    });
    return {};
  },
});

const getBucketNotification: S3Operation = operation({
  name: "GetBucketNotificationConfiguration",
  http: { method: "GET", path: "/{Bucket}", query: ["notification"] },
  input: { ...bucketMembers },
  output: {},
  errors: ["NoSuchBucket", "AccessDenied"],
  async handler(input, context) {
    const request = requestOf(input, context);
    const { rules } = await context.objects.getBucketNotificationConfiguration(request);
    return documentBody(ROOT, {
      TopicConfiguration: written(rules, "Topic"),
      QueueConfiguration: written(rules, "Queue"),
      CloudFunctionConfiguration: written(rules, "CloudFunction"),
    });
  },
});

/** PutBucketNotificationConfiguration, GetBucketNotificationConfiguration. */
export const bucketNotification: readonly S3Operation[] = [
  putBucketNotification,
  getBucketNotification,
];

type Kind = NotificationRule["kind"];

function read(document: XmlElement): NotificationConfiguration {
  if (optionalChild(document, "EventBridgeConfiguration") !== undefined) {
    throw new ServiceError(
      "NotImplemented",
      501,
      "A header you provided implies functionality that is not implemented",
    );
  }
  const kinds = ["Topic", "Queue", "CloudFunction"] as const;
  const rules = kinds.flatMap((kind) =>
    childrenOf(document, `${kind}Configuration`).map((element) => readRule(element, kind)),
  );
  return { rules };
}

function readRule(element: XmlElement, kind: Kind): NotificationRule {
  const events = childrenOf(element, "Event").map(({ text }) => readEvent(text.trim()));
  const id = optionalText(element, "Id") || undefined;
  return { id, kind, arn: requiredText(element, kind), events, ...readFilter(element) };
}

function readEvent(text: string): EventName {
  const known = eventNames.find((name) => name === text);
  if (known !== undefined) return known;
  throw new ServiceError("InvalidArgument", 400, "The event is not supported for notifications", {
    members: { ArgumentName: "Event", ArgumentValue: text },
  });
}

function readFilter(element: XmlElement): Pick<NotificationRule, "prefix" | "suffix"> {
  const filter = optionalChild(element, "Filter");
  const key = filter && optionalChild(filter, "S3Key");
  const found = new Map<string, string>();
  for (const rule of key === undefined ? [] : childrenOf(key, "FilterRule")) {
    const name = requiredText(rule, "Name").toLowerCase();
    const value = childText(rule, "Value");
    if (value === undefined || found.has(name)) throw malformedXml();
    if (name !== "prefix" && name !== "suffix") {
      const text = "filter rule name must be either prefix or suffix";
      throw new ServiceError("InvalidArgument", 400, text);
    }
    found.set(name, value);
  }
  return { prefix: found.get("prefix"), suffix: found.get("suffix") };
}

function written(rules: readonly NotificationRule[], kind: Kind): readonly XmlMembers[] {
  return rules
    .filter((rule) => rule.kind === kind)
    .map(({ id, arn, events, prefix, suffix }) => ({
      Id: id,
      [kind]: arn,
      Event: events,
      Filter: filterOf(prefix, suffix),
    }));
}

function filterOf(prefix: string | undefined, suffix: string | undefined): XmlMembers | undefined {
  if (prefix === undefined && suffix === undefined) return undefined;
  const rules = [
    { Name: "Prefix", Value: prefix },
    { Name: "Suffix", Value: suffix },
  ];
  return { S3Key: { FilterRule: rules.filter(({ Value }) => Value !== undefined) } };
}
