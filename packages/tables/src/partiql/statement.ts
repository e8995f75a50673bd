import type { Condition, RawPath, UpdateAction } from "../expression/ast.ts";
import type { ReturnValues } from "../engine/requests.ts";
import type { AttributeValue } from "../value/attribute-value.ts";
import type { Naming } from "./naming.ts";

/*
 * Parsed statements. Paths and values are those of the expression language, with the names and
 * values behind `#n0` and `:v0` in `naming`: what follows parsing is rendering, not evaluating.
 */

interface OfTable {
  readonly naming: Naming;
  readonly tableName: string;
}

export interface OrderTerm {
  readonly attribute: string;
  readonly descending: boolean;
}

export interface SelectStatement extends OfTable {
  readonly kind: "select";
  readonly indexName: string | undefined;
  /** `undefined`: all that there is. */
  readonly projection: readonly RawPath[] | undefined;
  readonly where: Condition | undefined;
  readonly orderBy: readonly OrderTerm[];
}

/** A condition on one item that a transaction depends on. */
export interface ExistsStatement {
  readonly kind: "exists";
  readonly select: SelectStatement;
}

export interface InsertStatement extends OfTable {
  readonly kind: "insert";
  readonly item: AttributeValue;
}

export interface UpdateStatement extends OfTable {
  readonly kind: "update";
  readonly actions: readonly UpdateAction[];
  readonly where: Condition | undefined;
  readonly returning: ReturnValues | undefined;
}

export interface DeleteStatement extends OfTable {
  readonly kind: "delete";
  readonly where: Condition | undefined;
  readonly returning: "ALL_OLD" | undefined;
}

export type Statement =
  | SelectStatement
  | ExistsStatement
  | InsertStatement
  | UpdateStatement
  | DeleteStatement;
