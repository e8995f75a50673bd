import type { Archive } from "@firn/archive";
import { operation as define } from "@firn/wire";
import type { DefineOperation, Operation } from "@firn/wire";
import type { RequestContext } from "../frame/context.ts";

/** What a Glacier handler gets: the archive, bound to the caller's account and region. */
export interface GlacierContext extends RequestContext {
  readonly archive: Archive;
}

export type GlacierOperation = Operation<GlacierContext>;

export const operation: DefineOperation<GlacierContext> = define;
