export type { Caller, RawRequest, RequestContext, RequestLog } from "./frame/context.ts";
export { faultsOf } from "./frame/faults.ts";
export { refusalsOf } from "./frame/refusals.ts";
export type { Refusals } from "./frame/refusals.ts";
export type { AnyService, ErrorMapping, ErrorTable, FaultTable, Service } from "./frame/service.ts";
