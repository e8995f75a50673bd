import type { AttributeMap, AttributeType, AttributeValue } from "../value/attribute-value.ts";
import { typeOf } from "../value/attribute-value.ts";
import { base64Bytes } from "../value/check-value.ts";
import type { Operand } from "./ast.ts";
import type { Bindings } from "./bindings.ts";
import type { ExpressionLabel } from "./parser.ts";
import type { Path } from "./path.ts";
import { readPath } from "./path.ts";

/** An operand with its names and values resolved. */
export interface BoundOperand {
  /** Its value for an item; `undefined` when the item has none. */
  readonly read: (item: AttributeMap) => AttributeValue | undefined;
  /** The document path, if it is one. */
  readonly path?: Path | undefined;
  /** The value given in the request, if it is one. */
  readonly constant?: AttributeValue | undefined;
  /** The type, where the request alone tells it. */
  readonly type?: AttributeType | undefined;
  /** The arguments of a call, and its name. */
  readonly call?: { readonly name: string; readonly args: readonly BoundOperand[] } | undefined;
}

/** What binding a condition needs and collects. */
export interface BindContext {
  readonly bindings: Bindings;
  readonly label: ExpressionLabel;
  /** Every path that the expression reads. */
  readonly paths: Path[];
}

/** Resolves names and values, arguments included. @throws FIRN_TABLE_REQUEST_INVALID. */
export function bindOperand(operand: Operand, context: BindContext): BoundOperand {
  switch (operand.kind) {
    case "path": {
      const path = context.bindings.path(operand.path, context.label);
      context.paths.push(path);
      return { read: (item) => readPath(item, path), path };
    }
    case "value": {
      const constant = context.bindings.value(operand.name, context.label);
      return { read: () => constant, constant, type: typeOf(constant) };
    }
    case "call": {
      const args = operand.args.map((arg) => bindOperand(arg, context));
      const call = { name: operand.name, args };
      // Only size is a value; the others are conditions and are never read.
      return { read: (item) => sizeOf(args[0]?.read(item)), type: "N", call };
    }
  }
}

/** Strings by characters (UTF-16), binaries by bytes, the rest by elements. */
function sizeOf(value: AttributeValue | undefined): AttributeValue | undefined {
  const size = value === undefined ? undefined : lengthOf(value);
  return size === undefined ? undefined : { N: String(size) };
}

function lengthOf(value: AttributeValue): number | undefined {
  if ("S" in value) return value.S.length;
  if ("B" in value) return base64Bytes(value.B);
  if ("SS" in value) return value.SS.length;
  if ("NS" in value) return value.NS.length;
  if ("BS" in value) return value.BS.length;
  if ("L" in value) return value.L.length;
  if ("M" in value) return Object.keys(value.M).length;
  return undefined;
}
