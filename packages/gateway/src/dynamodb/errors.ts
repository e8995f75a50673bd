import type { AttributeMap, CancellationReason, ItemText, TableErrorCode } from "@firn/tables";
import type { ErrorMapping } from "../frame/service.ts";

/** The codes of the tables as DynamoDB's errors; texts are the engine's. */
export const dynamoDbErrors: Readonly<Record<TableErrorCode, ErrorMapping>> = {
  FIRN_TABLE_REQUEST_INVALID: { code: "ValidationException", status: 400 },
  FIRN_TABLE_NOT_FOUND: { code: "ResourceNotFoundException", status: 400 },
  FIRN_TABLE_IN_USE: { code: "ResourceInUseException", status: 400 },
  FIRN_TABLE_LIMIT_EXCEEDED: { code: "LimitExceededException", status: 400 },
  FIRN_TABLE_CONDITION_FAILED: {
    code: "ConditionalCheckFailedException",
    status: 400,
    members: ({ item }) => (item === undefined ? {} : { Item: parse(item as ItemText) }),
  },
  FIRN_TABLE_DUPLICATE_ITEM: {
    code: "DuplicateItemException",
    status: 400,
    members: ({ item }) => (item === undefined ? {} : { Item: parse(item as ItemText) }),
  },
  FIRN_TABLE_THROUGHPUT_EXCEEDED: {
    code: "ProvisionedThroughputExceededException",
    status: 400,
    members: ({ throttlingReasons }) =>
      throttlingReasons === undefined ? {} : { ThrottlingReasons: throttlingReasons },
  },
  FIRN_TABLE_THROTTLED: {
    code: "ThrottlingException",
    status: 400,
    // The model spells this error's members otherwise than the one above.
    members: ({ throttlingReasons }) => ({ throttlingReasons }),
  },
  FIRN_TABLE_TRANSACTION_CANCELED: {
    code: "TransactionCanceledException",
    status: 400,
    members: ({ reasons }) => ({
      CancellationReasons: (reasons as readonly CancellationReason[]).map(wireReason),
    }),
  },
  FIRN_TABLE_TRANSACTION_CONFLICT: { code: "TransactionConflictException", status: 400 },
  FIRN_TABLE_TOKEN_MISMATCH: { code: "IdempotentParameterMismatchException", status: 400 },
  FIRN_TABLE_ITERATOR_EXPIRED: { code: "ExpiredIteratorException", status: 400 },
  FIRN_TABLE_DATA_TRIMMED: { code: "TrimmedDataAccessException", status: 400 },
  FIRN_TABLE_POLICY_NOT_FOUND: { code: "PolicyNotFoundException", status: 400 },
  FIRN_TABLE_SOURCE_NOT_FOUND: { code: "TableNotFoundException", status: 400 },
  FIRN_TABLE_EXISTS: { code: "TableAlreadyExistsException", status: 400 },
  FIRN_TABLE_BACKUP_NOT_FOUND: { code: "BackupNotFoundException", status: 400 },
  FIRN_TABLE_BACKUP_IN_USE: { code: "BackupInUseException", status: 400 },
  FIRN_TABLE_RECOVERY_UNAVAILABLE: {
    code: "PointInTimeRecoveryUnavailableException",
    status: 400,
  },
  FIRN_TABLE_RESTORE_TIME: { code: "InvalidRestoreTimeException", status: 400 },
  FIRN_TABLE_EXPORT_NOT_FOUND: { code: "ExportNotFoundException", status: 400 },
  FIRN_TABLE_EXPORT_TIME: { code: "InvalidExportTimeException", status: 400 },
  FIRN_TABLE_EXPORT_CONFLICT: { code: "ExportConflictException", status: 400 },
  FIRN_TABLE_IMPORT_NOT_FOUND: { code: "ImportNotFoundException", status: 400 },
  FIRN_TABLE_ITEM_DAMAGED: {
    code: "InternalServerError",
    status: 500,
    message: "Internal server error",
  },
};

function wireReason({ code, message, item }: CancellationReason): object {
  return {
    Code: code,
    Message: message,
    Item: item === undefined ? undefined : parse(item),
  };
}

function parse(item: ItemText): AttributeMap {
  return JSON.parse(Buffer.from(item).toString()) as AttributeMap;
}

const CORAL_SERVICE: ReadonlySet<string> = new Set([
  "SerializationException",
  "UnknownOperationException",
  "AccessDeniedException",
  "IncompleteSignatureException",
  "InvalidSignatureException",
  "MissingAuthenticationTokenException",
  "UnrecognizedClientException",
]);

/** The namespace that DynamoDB puts before an error's code in `__type`. */
export function errorType(code: string): string {
  if (code === "ValidationException") return `com.amazon.coral.validate#${code}`;
  if (CORAL_SERVICE.has(code)) return `com.amazon.coral.service#${code}`;
  return `com.amazonaws.dynamodb.v20120810#${code}`;
}

/** Errors of the framework, and cancelled transactions, spell `Message`. */
export function errorMessageKey(code: string): "message" | "Message" {
  return code === "SerializationException" || code === "TransactionCanceledException"
    ? "Message"
    : "message";
}
