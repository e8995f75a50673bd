import type { BucketRequest } from "../bucket-types.ts";
import { changeBucket } from "../change-bucket.ts";
import { findBucket } from "../engine.ts";
import type { Engine } from "../engine.ts";
import { objectError } from "../errors.ts";
import { newId } from "../ids.ts";
import type { NotificationConfiguration, PutNotificationRequest } from "./notification-types.ts";

const RULES_MAX = 100;
/** What AWS's three kinds of destination look like. */
const ARN = /^arn:aws:(sns|sqs|lambda):[a-z0-9-]*:\d{12}:.+$/;
const services = { Topic: "sns", Queue: "sqs", CloudFunction: "lambda" } as const;

export async function getBucketNotifications(
  engine: Engine,
  request: BucketRequest,
): Promise<NotificationConfiguration> {
  const { notifications = [] } = await findBucket(engine, request);
  return { rules: notifications };
}

/** In place of all rules that were there; none ends it. */
export async function putBucketNotifications(
  engine: Engine,
  request: PutNotificationRequest,
): Promise<void> {
  const { rules } = request.notifications;
  checkRules({ rules });
  const named = rules.map((rule) => ({ ...rule, id: rule.id ?? newId(engine) }));
  const notifications = named.length === 0 ? undefined : named;
  await changeBucket(engine, request, (bucket) => ({ ...bucket, notifications }));
}

function checkRules({ rules }: NotificationConfiguration): void {
  if (rules.length > RULES_MAX) throw invalid("A configuration has at most 100 rules");
  const ids = rules.flatMap(({ id }) => (id === undefined ? [] : [id]));
  if (new Set(ids).size < ids.length) {
    throw invalid("Same ID used for multiple configurations. IDs must be unique.");
  }
  for (const { kind, arn, events } of rules) {
    if (events.length === 0) throw objectError("FIRN_BUCKET_CONFIGURATION_INVALID", "No event");
    if (ARN.exec(arn)?.[1] === services[kind]) continue;
    throw objectError(
      "FIRN_OBJECT_ARGUMENT_INVALID",
      "Unable to validate the following destination configurations",
      { detail: { argument: arn, value: "The ARN is not well formed" } },
    );
  }
}

function invalid(message: string): Error {
  return objectError("FIRN_OBJECT_ARGUMENT_INVALID", message);
}
