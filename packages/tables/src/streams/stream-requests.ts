import type { KeySchemaElement } from "../catalog/table-requests.ts";
import type { ItemText } from "../engine/requests.ts";
import type { ChangeEvent } from "./change-record.ts";
import type { StreamViewType } from "./stream-entry.ts";

/* The Streams API: AWS's names in camelCase, times in ms since 1970 UTC. */

/** Of CreateTable and UpdateTable. */
export interface StreamSpecification {
  readonly streamEnabled: boolean;
  /** Given if and only if the stream is enabled. */
  readonly streamViewType?: StreamViewType | undefined;
}

export interface ListStreamsRequest {
  readonly tableName?: string | undefined;
  /** 1 to 100, default 100. */
  readonly limit?: number | undefined;
  readonly exclusiveStartStreamArn?: string | undefined;
}

export interface ListedStream {
  readonly streamArn: string;
  readonly tableName: string;
  readonly streamLabel: string;
}

export interface ListStreamsAnswer {
  readonly streams: readonly ListedStream[];
  readonly lastEvaluatedStreamArn?: string | undefined;
}

export interface DescribeStreamRequest {
  readonly streamArn: string;
  /** Shards of the answer: 1 to 100, default 100. */
  readonly limit?: number | undefined;
  readonly exclusiveStartShardId?: string | undefined;
  /** Only the children of that shard. */
  readonly shardFilter?:
    | { readonly type: "CHILD_SHARDS"; readonly shardId: string | undefined }
    | undefined;
}

export interface ShardDescription {
  readonly shardId: string;
  readonly parentShardId?: string | undefined;
  readonly sequenceNumberRange: {
    readonly startingSequenceNumber: string;
    /** Of a shard that has ended. */
    readonly endingSequenceNumber?: string | undefined;
  };
}

export interface StreamDescription {
  readonly streamArn: string;
  readonly streamLabel: string;
  readonly streamStatus: "ENABLED" | "DISABLED";
  readonly streamViewType: StreamViewType;
  readonly creationRequestDateTime: number;
  readonly tableName: string;
  readonly keySchema: readonly KeySchemaElement[];
  readonly shards: readonly ShardDescription[];
  readonly lastEvaluatedShardId?: string | undefined;
}

export interface GetShardIteratorRequest {
  readonly streamArn: string;
  readonly shardId: string;
  readonly shardIteratorType:
    | "TRIM_HORIZON"
    | "LATEST"
    | "AT_SEQUENCE_NUMBER"
    | "AFTER_SEQUENCE_NUMBER";
  /** Of the two last. */
  readonly sequenceNumber?: string | undefined;
}

export interface GetRecordsRequest {
  readonly shardIterator: string;
  /** 1 to 1,000, default 1,000; 1 MB ends a page too. */
  readonly limit?: number | undefined;
}

/** One change of one item. */
export interface StreamRecord {
  /** 32 hex digits, the same whenever the record is read. */
  readonly eventId: string;
  readonly eventName: ChangeEvent;
  readonly awsRegion: string;
  readonly approximateCreationDateTime: number;
  readonly keys: ItemText;
  readonly newImage?: ItemText | undefined;
  readonly oldImage?: ItemText | undefined;
  readonly sequenceNumber: string;
  readonly sizeBytes: number;
  readonly streamViewType: StreamViewType;
  /** Of items that expired: DynamoDB itself. */
  readonly userIdentity?: { readonly type: string; readonly principalId: string } | undefined;
}

export interface GetRecordsAnswer {
  readonly records: readonly StreamRecord[];
  /** Absent when the shard has ended and everything in it was read. */
  readonly nextShardIterator?: string | undefined;
}
