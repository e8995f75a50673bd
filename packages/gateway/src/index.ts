export type { Caller, RawRequest, RequestContext, RequestLog } from "./frame/context.ts";
export type { Malformed, Problem, Refusals } from "./frame/refusals.ts";
export type {
  AnyService,
  ErrorMapping,
  ErrorTable,
  FaultTable,
  Protocol,
  Service,
} from "./frame/service.ts";
