import type { TableEngine } from "@firn/tables";
import { operation as define } from "@firn/wire";
import type { DefineOperation, Operation } from "@firn/wire";
import type { RequestContext } from "../frame/context.ts";

export interface DynamoDbContext extends RequestContext {
  /** Bound to the caller's account and the request's region. */
  readonly tables: TableEngine;
}

export type DynamoDbOperation = Operation<DynamoDbContext>;
export const operation: DefineOperation<DynamoDbContext> = define;
