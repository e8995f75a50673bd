import type { ObjectStore } from "@firn/objects";
import { operation as define } from "@firn/wire";
import type { DefineOperation, Operation } from "@firn/wire";
import type { RequestContext } from "../frame/context.ts";
import type { AccountDirectory } from "./account-directory.ts";
import type { RequestAccess } from "./authorization/request-access.ts";

export interface S3Context extends RequestContext {
  /** Bound to the caller's account and the region of the signature. */
  readonly objects: ObjectStore;
  /** Who may do what. */
  readonly access: RequestAccess;
  readonly accounts: AccountDirectory;
  /** What new buckets begin with. */
  readonly newBuckets: NewBuckets;
  /** Keys of the caller's own must not travel where anybody can read them. */
  readonly customerKeys: "allowed" | "refused";
}
/**
 * `closed`: lists count for nothing and the public is kept out, as S3 does since 2023; `lists`: as
 * S3 did before.
 */
export type NewBuckets = "closed" | "lists";

export type S3Operation = Operation<S3Context>;
export const operation: DefineOperation<S3Context> = define;
