import { ServiceError } from "@firn/wire";

/*
 * There is no Kinesis here: every stream of it is one that does not exist, and the calls say what
 * DynamoDB says of those.
 */

export function noSuchStream(streamArn: string): ServiceError {
  return new ServiceError(
    "ResourceNotFoundException",
    400,
    `Requested resource not found: Kinesis stream: ${streamArn} not found`,
  );
}

export function noDestination(): ServiceError {
  return new ServiceError(
    "ValidationException",
    400,
    "Table is not in a valid state to enable Kinesis Streaming Destination: " +
      "KinesisStreamingDestination must be ACTIVE to perform DISABLE operation.",
  );
}

export function notStreaming(tableName: string, streamArn: string): ServiceError {
  return new ServiceError(
    "ValidationException",
    400,
    "Table is not in a valid state to enable Kinesis Streaming Destination: " +
      "Kinesis streaming is not in ACTIVE state. Updates are only allowed in ACTIVE state. " +
      `TableName: ${tableName}, kdsArn: ${streamArn}`,
  );
}
