import type { Volumes } from "@firn/volumes";
import { operation as define } from "@firn/wire";
import type { DefineOperation, Operation } from "@firn/wire";
import type { RequestContext } from "../frame/context.ts";

export interface RbinContext extends RequestContext {
  /** Bound to the caller's account and the request's region. */
  readonly volumes: Volumes;
}

export type RbinOperation = Operation<RbinContext>;

export const operation: DefineOperation<RbinContext> = define;
