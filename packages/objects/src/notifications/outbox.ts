import { packValue, prefixEnd, unpackValue } from "@firn/core";
import type { RangePage, Transaction } from "@firn/core";
import type { Engine } from "../engine.ts";
import type { BucketRecord, ObjectRecord } from "../layout/records.ts";
import type {
  EventName,
  GlacierEventData,
  NotificationRule,
  S3EventRecord,
  TestMessage,
} from "./notification-types.ts";

/**
 * Events lie in a key space of their own, written by the transaction in which they happen:
 *
 *     <arn> 00 <lsn, 14 hex digits> <event> / <version> / <key>
 *
 * so that there is one for each thing that was done and for no other, in its order, until whoever
 * takes events for that destination has taken it. A test is an event without a version and a key.
 */

/** What lies in the outbox for a destination. */
export type OutboxEntry = S3EventRecord | TestMessage;

export interface Happening {
  readonly name: EventName;
  /** The bucket's. */
  readonly bucketName: string;
  readonly bucket: BucketRecord;
  readonly key: string;
  readonly size?: number | undefined;
  readonly etag?: string | undefined;
  readonly versionId?: string | undefined;
  /** Of a restored copy: until when it is there (milliseconds since 1970 UTC), and of what. */
  readonly restored?: { readonly expiresAt: number; readonly storageClass: string } | undefined;
}

/** Writes an event for each destination that wants to know. Costs nothing where nobody does. */
export function noteEvent(tx: Transaction, engine: Engine, happening: Happening): void {
  const { notifications } = happening.bucket;
  if (notifications === undefined) return;
  const destinations = new Set<string>();
  for (const rule of notifications) {
    if (destinations.has(rule.arn) || !wants(rule, happening)) continue;
    destinations.add(rule.arn);
    const record = eventRecord(tx, engine, { ...happening, rule });
    tx.put(engine.outbox, outboxKey(tx, rule.arn, happening), packValue(record));
  }
  // The transaction may yet fail: whoever wakes finds nothing then.
  if (destinations.size > 0) engine.bell.ring();
}

/** Writes the test of a destination that a configuration names. */
export function noteTest(
  tx: Transaction,
  engine: Engine,
  test: { readonly arn: string; readonly bucketName: string; readonly requestId: string },
): void {
  const message: TestMessage = {
    Service: "Amazon S3",
    Event: "s3:TestEvent",
    Time: new Date(tx.now).toISOString(),
    Bucket: test.bucketName,
    RequestId: test.requestId,
    HostId: test.requestId,
  };
  const place = `${test.arn}\u0000${sequencer(tx)}${message.Event}//${test.bucketName}`;
  tx.put(engine.outbox, Buffer.from(place), packValue(message));
  engine.bell.ring();
}

export function isTest(entry: OutboxEntry): entry is TestMessage {
  return "Event" in entry;
}

/** Milliseconds since 1970 UTC. */
export function happenedAt(value: Uint8Array): number {
  const entry = unpackValue<OutboxEntry>(value);
  return Date.parse(isTest(entry) ? entry.Time : entry.eventTime);
}

export interface Written {
  readonly name: EventName;
  readonly bucketName: string;
  readonly bucket: BucketRecord;
  readonly key: string;
  readonly record: Pick<ObjectRecord, "size" | "etag" | "versionId">;
}

/** Of an object that is there now. */
export function noteWritten(tx: Transaction, engine: Engine, { record, ...what }: Written): void {
  if (what.bucket.notifications === undefined) return;
  const { size, etag, versionId } = record;
  noteEvent(tx, engine, { ...what, size, etag, versionId });
}

/** The oldest events of a destination. */
export function oldestEvents(arn: string, limit: number): RangePage {
  const gte = Buffer.from(`${arn}\u0000`);
  return { gte, lt: prefixEnd(gte), limit };
}

function wants(rule: NotificationRule, { name, key }: Happening): boolean {
  const kind = name.slice(0, name.lastIndexOf(":"));
  const named = rule.events.some((event) => event === name || event === `${kind}:*`);
  return named && key.startsWith(rule.prefix ?? "") && key.endsWith(rule.suffix ?? "");
}

function outboxKey(tx: Transaction, arn: string, { name, versionId, key }: Happening): Uint8Array {
  return Buffer.from(`${arn}\u0000${sequencer(tx)}${name}/${versionId ?? ""}/${key}`);
}

function sequencer(tx: Transaction): string {
  return tx.lsn.toString(16).toUpperCase().padStart(14, "0");
}

function glacierData({
  expiresAt,
  storageClass,
}: NonNullable<Happening["restored"]>): GlacierEventData {
  return {
    restoreEventData: {
      lifecycleRestorationExpiryTime: new Date(expiresAt).toISOString(),
      lifecycleRestoreStorageClass: storageClass,
    },
  };
}

function eventRecord(
  tx: Transaction,
  engine: Engine,
  {
    name,
    bucketName,
    bucket,
    rule,
    key,
    restored,
    ...object
  }: Happening & { readonly rule: NotificationRule },
): S3EventRecord {
  const { size, etag: eTag, versionId } = object;
  return {
    eventVersion: "2.1",
    eventSource: "aws:s3",
    awsRegion: bucket.region,
    eventTime: new Date(tx.now).toISOString(),
    eventName: name.slice("s3:".length),
    userIdentity: { principalId: engine.scope.accountId },
    s3: {
      s3SchemaVersion: "1.0",
      configurationId: rule.id ?? "",
      bucket: {
        name: bucketName,
        ownerIdentity: { principalId: bucket.owner },
        arn: `arn:aws:s3:::${bucketName}`,
      },
      object: {
        key: encodeURIComponent(key).replaceAll("%20", "+").replaceAll("%2F", "/"),
        size,
        eTag,
        versionId: bucket.versioning === undefined ? undefined : versionId,
        sequencer: sequencer(tx),
      },
    },
    ...(restored === undefined ? {} : { glacierEventData: glacierData(restored) }),
  };
}
