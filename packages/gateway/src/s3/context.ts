import type { ObjectStore } from "@firn/objects";
import { operation as define } from "@firn/wire";
import type { DefineOperation, Operation } from "@firn/wire";
import type { RequestContext } from "../frame/context.ts";

export interface S3Context extends RequestContext {
  /** Bound to the caller's account and the region of the signature. */
  readonly objects: ObjectStore;
  /** Keys of the caller's own must not travel where anybody can read them. */
  readonly customerKeys: "allowed" | "refused";
}
export type S3Operation = Operation<S3Context>;
export const operation: DefineOperation<S3Context> = define;
