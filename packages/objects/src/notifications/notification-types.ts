import type { BucketRequest } from "../bucket-types.ts";

/** Happenings that S3 tells of, as configurations name them; `*` stands for all of a kind. */
export const eventNames = [
  "s3:ObjectCreated:*",
  "s3:ObjectCreated:Put",
  "s3:ObjectCreated:Post",
  "s3:ObjectCreated:Copy",
  "s3:ObjectCreated:CompleteMultipartUpload",
  "s3:ObjectRemoved:*",
  "s3:ObjectRemoved:Delete",
  "s3:ObjectRemoved:DeleteMarkerCreated",
  "s3:ObjectTagging:*",
  "s3:ObjectTagging:Put",
  "s3:ObjectTagging:Delete",
  "s3:ObjectAcl:Put",
  "s3:ObjectRestore:*",
  "s3:ObjectRestore:Post",
  "s3:ObjectRestore:Completed",
  "s3:LifecycleExpiration:*",
  "s3:LifecycleExpiration:Delete",
  "s3:LifecycleExpiration:DeleteMarkerCreated",
  "s3:LifecycleTransition",
] as const;

export type EventName = (typeof eventNames)[number];

export interface NotificationRule {
  /** Drawn when there is none. */
  readonly id?: string | undefined;
  /** Which of S3's three kinds of destination its ARN is. */
  readonly kind: "Topic" | "Queue" | "CloudFunction";
  readonly arn: string;
  readonly events: readonly EventName[];
  readonly prefix?: string | undefined;
  readonly suffix?: string | undefined;
}

export interface NotificationConfiguration {
  /** At most 100. */
  readonly rules: readonly NotificationRule[];
}

export interface PutNotificationRequest extends BucketRequest {
  readonly notifications: NotificationConfiguration;
  /** No topic and no queue is sent a test. Default false. */
  readonly skipDestinationValidation?: boolean | undefined;
  /** What the tests say whose request it was. Default: drawn. */
  readonly requestId?: string | undefined;
}

/** What each topic and queue of a configuration is sent when the configuration is put. */
export interface TestMessage {
  readonly Service: "Amazon S3";
  readonly Event: "s3:TestEvent";
  readonly Time: string;
  readonly Bucket: string;
  readonly RequestId: string;
  readonly HostId: string;
}

/** What has happened, in the form of S3's messages. */
export interface S3EventRecord {
  readonly eventVersion: "2.1";
  readonly eventSource: "aws:s3";
  readonly awsRegion: string;
  readonly eventTime: string;
  /** Without `s3:`. */
  readonly eventName: string;
  readonly userIdentity: { readonly principalId: string };
  readonly s3: {
    readonly s3SchemaVersion: "1.0";
    readonly configurationId: string;
    readonly bucket: {
      readonly name: string;
      readonly ownerIdentity: { readonly principalId: string };
      readonly arn: string;
    };
    readonly object: {
      /** As in a form: percent-encoded, blanks as `+`. */
      readonly key: string;
      readonly size?: number | undefined;
      readonly eTag?: string | undefined;
      readonly versionId?: string | undefined;
      /** Of one key, later ones are greater as text. */
      readonly sequencer: string;
    };
  };
  readonly glacierEventData?: GlacierEventData | undefined;
}

/** Of `ObjectRestore:Completed`: the copy that is there now. */
export interface GlacierEventData {
  readonly restoreEventData: {
    readonly lifecycleRestorationExpiryTime: string;
    readonly lifecycleRestoreStorageClass: string;
  };
}

/** Up to 100 events, in the order in which they happened. */
export interface EventBatch {
  readonly Records: readonly S3EventRecord[];
}

/** Takes a batch, or rejects: then it is sent again. */
export type SendEvents = (batch: EventBatch, signal: AbortSignal) => Promise<void>;

/** Takes a test, or rejects: then it is sent again. */
export type SendTest = (message: TestMessage, signal: AbortSignal) => Promise<void>;

export interface DeliverEventsRequest {
  /** The ARN that configurations name. */
  readonly destination: string;
  readonly send: SendEvents;
  /** Without it tests are passed over. */
  readonly sendTest?: SendTest | undefined;
  readonly signal?: AbortSignal | undefined;
}
