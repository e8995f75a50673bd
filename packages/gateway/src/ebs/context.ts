import type { Store } from "@firn/core";
import type { Volumes } from "@firn/volumes";
import { operation as define } from "@firn/wire";
import type { DefineOperation, Operation } from "@firn/wire";
import type { RequestContext } from "../frame/context.ts";

/** The store's time and chance. */
export type EbsStore = Pick<Store, "clock" | "random">;

export interface EbsContext extends RequestContext {
  /** Bound to the caller's account and the request's region. */
  readonly volumes: Volumes;
  readonly store: EbsStore;
}

export type EbsOperation = Operation<EbsContext>;

export const operation: DefineOperation<EbsContext> = define;
