import type { BucketRequest } from "../bucket-types.ts";
import { bucketIn, bucketKey, findBucket } from "../engine.ts";
import type { Engine } from "../engine.ts";
import { objectError, throwIfAborted } from "../errors.ts";
import { newId } from "../ids.ts";
import { packBucket } from "../layout/records.ts";
import type { NotificationConfiguration, PutNotificationRequest } from "./notification-types.ts";
import { noteTest } from "./outbox.ts";

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

/** In place of all rules that were there; none ends it. Topics and queues are sent a test. */
export async function putBucketNotifications(
  engine: Engine,
  request: PutNotificationRequest,
): Promise<void> {
  const { rules } = request.notifications;
  checkRules({ rules });
  const named = rules.map((rule) => ({ ...rule, id: rule.id ?? newId(engine) }));
  const notifications = named.length === 0 ? undefined : named;
  throwIfAborted(request.signal);
  const key = bucketKey(request.bucket);
  const tested = request.skipDestinationValidation === true ? [] : testedArns(request);
  const requestId = request.requestId ?? newId(engine);
  await engine.store.transact(
    (tx) => {
      const bucket = bucketIn(engine, tx, request);
      tx.put(engine.root, key, packBucket({ ...bucket, notifications }));
      for (const arn of tested)
        noteTest(tx, engine, { arn, bucketName: request.bucket, requestId });
    },
    { reads: [[engine.root, key]] },
  );
}

/** S3 looks at functions without calling them. */
function testedArns({ notifications: { rules } }: PutNotificationRequest): ReadonlySet<string> {
  return new Set(rules.filter(({ kind }) => kind !== "CloudFunction").map(({ arn }) => arn));
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
