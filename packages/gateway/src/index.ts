export type { Caller, RawRequest, RequestContext, RequestLog } from "./frame/context.ts";
export type {
  AuthenticatorOptions,
  CredentialSource,
  SignerCredential,
} from "./frame/authenticator.ts";
export type { AdminCommand } from "./frame/admin.ts";
export { Gateway } from "./frame/gateway.ts";
export type { GatewayOptions, ListedOperation, ListenOptions } from "./frame/gateway.ts";
export type { TlsOptions } from "./frame/gateway.ts";
export { checkIdentityPolicy, readIdentityPolicies } from "./frame/identity-policies.ts";
export { openLog, silentLog } from "./frame/gateway-log.ts";
export type { AccessEntry, GatewayLog, LogLevel } from "./frame/gateway-log.ts";
export { faultsOf } from "./frame/faults.ts";
export { refusalsOf } from "./frame/refusals.ts";
export type { Refusals } from "./frame/refusals.ts";
export type {
  AnyService,
  ErrorMapping,
  ErrorTable,
  FaultTable,
  ServedRequest,
  Service,
} from "./frame/service.ts";
export { createDynamoDbService } from "./dynamodb/service.ts";
export { createDynamoDbStreamsService } from "./dynamodb/streams/service.ts";
export { createEbsService } from "./ebs/service.ts";
export { createEc2Service } from "./ec2/service.ts";
export { createGlacierService } from "./glacier/service.ts";
export { createRbinService } from "./rbin/service.ts";
export { createS3Service } from "./s3/service.ts";
export type { S3ServiceOptions } from "./s3/service.ts";
export type { NewBuckets } from "./s3/context.ts";
export type { AccountDirectory, KnownAccount } from "./s3/account-directory.ts";
