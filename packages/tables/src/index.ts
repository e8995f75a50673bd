export { DEFAULT_SCOPE, TableEngine } from "./engine/table-engine.ts";
export type { TableEngineOptions } from "./engine/table-engine.ts";
export type { TableAccess } from "./engine/table-administration.ts";
export type * from "./engine/requests.ts";
export type * from "./engine/transact-requests.ts";
export type * from "./legacy/legacy-requests.ts";
export type * from "./partiql/statement-requests.ts";
export { statementTarget } from "./partiql/statement-target.ts";
export type { StatementTarget } from "./partiql/statement-target.ts";
export type { ConsumedCapacity, ReturnConsumedCapacity, UnitsOf } from "./engine/capacity.ts";
export type * from "./catalog/table-requests.ts";
export type * from "./backup/backup-requests.ts";
export type * from "./transfer/table-objects.ts";
export type * from "./transfer/transfer-requests.ts";
export type { TransferStatus } from "./transfer/transfer-records.ts";
export type { TransferEngine } from "./transfer/transfer-engine.ts";
export type { BackupEngine } from "./backup/backup-engine.ts";
export type {
  TimeToLiveDescription,
  TimeToLiveSpecification,
  UpdateTimeToLiveRequest,
} from "./engine/time-to-live.ts";
export type {
  DeleteResourcePolicyRequest,
  PolicyEngine,
  PutResourcePolicyRequest,
} from "./policies/policy-engine.ts";
export type { PolicyRecord } from "./policies/policy-record.ts";
export type * from "./streams/stream-requests.ts";
export type { ChangeEvent } from "./streams/change-record.ts";
export type { StreamViewType } from "./streams/stream-entry.ts";
export { recordText } from "./streams/record-text.ts";
export type { ChangeBatch, ConsumeRequest } from "./streams/consumers.ts";
export type { Delivery, DeliverRequest, DeliveryStatus, SendChanges } from "./streams/delivery.ts";
export type { StreamEngine } from "./streams/stream-engine.ts";
export type { ThrottlingReason } from "./engine/throttle.ts";
export type { TagResourceRequest, UntagResourceRequest } from "./engine/tagging.ts";
export type {
  BillingMode,
  ProjectionType,
  Scope,
  TableClass,
  Tag,
} from "./catalog/table-record.ts";
export { tableErrors } from "./errors.ts";
export type { TableErrorCode } from "./errors.ts";
export { Decimal } from "./value/decimal.ts";
export type { AttributeMap, AttributeType, AttributeValue } from "./value/attribute-value.ts";
export { Tables } from "./client/tables.ts";
export type { TableNames, TablesOptions } from "./client/tables.ts";
export { Paged } from "./client/paged.ts";
export type { ItemChange, ItemChanges } from "./client/plain-changes.ts";
export type * from "./client/plain-requests.ts";
export type {
  PlainTransactWrite,
  TransactGetItemsRequest,
  TransactGetItemsResult,
  TransactWriteItemsRequest,
  TransactWriteItemsResult,
} from "./client/plain-transactions.ts";
export type { NumberForm, PlainItem, PlainValue } from "./client/plain-values.ts";
