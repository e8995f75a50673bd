import { createHash } from "node:crypto";
import type { ChangeRecord } from "./change-record.ts";
import { sequenceNumber } from "./change-record.ts";
import type { StreamEntry } from "./stream-entry.ts";
import type { StreamRecord } from "./stream-requests.ts";

const SERVICE_IDENTITY = { type: "Service", principalId: "dynamodb.amazonaws.com" } as const;

/** A record as the API shows it. */
export function recordOf(entry: StreamEntry, record: ChangeRecord): StreamRecord {
  const number = sequenceNumber(record);
  const { event, timeMs, keys, newImage, oldImage, sizeBytes } = record;
  return {
    eventId: createHash("md5").update(`${entry.arn}|${number}`).digest("hex"),
    eventName: event,
    awsRegion: entry.scope.region,
    approximateCreationDateTime: timeMs,
    keys,
    ...(newImage === undefined ? {} : { newImage }),
    ...(oldImage === undefined ? {} : { oldImage }),
    sequenceNumber: number,
    sizeBytes,
    streamViewType: entry.viewType,
    ...(record.expired ? { userIdentity: SERVICE_IDENTITY } : {}),
  };
}
