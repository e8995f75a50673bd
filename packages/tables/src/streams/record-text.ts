import type { StreamRecord } from "./stream-requests.ts";

/*
 * A record as the JSON that GetRecords sends, and Lambda functions get. Its keys and images are
 * text already: they are put between the rest as they are.
 */

export function recordText(record: StreamRecord): Uint8Array {
  const { userIdentity: by } = record;
  const parts: Uint8Array[] = [
    opened({
      eventID: record.eventId,
      eventName: record.eventName,
      eventVersion: "1.1",
      eventSource: "aws:dynamodb",
      awsRegion: record.awsRegion,
      ...(by === undefined ? {} : { userIdentity: { PrincipalId: by.principalId, Type: by.type } }),
    }),
    Buffer.from(',"dynamodb":'),
    opened({
      ApproximateCreationDateTime: Math.floor(record.approximateCreationDateTime / 1000),
      SequenceNumber: record.sequenceNumber,
      SizeBytes: record.sizeBytes,
      StreamViewType: record.streamViewType,
    }),
  ];
  const images = { Keys: record.keys, NewImage: record.newImage, OldImage: record.oldImage };
  for (const [name, text] of Object.entries(images)) {
    if (text !== undefined) parts.push(Buffer.from(`,"${name}":`), text);
  }
  parts.push(Buffer.from("}}"));
  return Buffer.concat(parts);
}

/** An object's JSON without its end. */
function opened(members: Readonly<Record<string, unknown>>): Uint8Array {
  return Buffer.from(JSON.stringify(members).slice(0, -1));
}
