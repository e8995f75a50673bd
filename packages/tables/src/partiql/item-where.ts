import type { KeySchema } from "../catalog/table-record.ts";
import { keyAttributes } from "../catalog/table-record.ts";
import type { Condition } from "../expression/ast.ts";
import type { AttributeMap, AttributeValue } from "../value/attribute-value.ts";
import { setAttribute } from "../value/attribute-value.ts";
import type { Naming } from "./naming.ts";

/** A WHERE that names one item, and what it asks of it beyond that. */
export interface ItemWhere {
  readonly key: AttributeMap;
  readonly rest: readonly Condition[];
}

/** The conditions that must all hold. */
export function conjunctsOf(where: Condition | undefined): readonly Condition[] {
  if (where === undefined) return [];
  return where.kind === "and" ? where.terms : [where];
}

/** `undefined` when the WHERE has no equality on every attribute of the key. */
export function itemWhere(
  naming: Naming,
  where: Condition | undefined,
  key: KeySchema,
): ItemWhere | undefined {
  const conjuncts = conjunctsOf(where);
  const used = new Set<Condition>();
  const found: Record<string, AttributeValue> = {};
  for (const { name } of keyAttributes(key)) {
    const match = conjuncts.find((each) => equalsOf(naming, each, name)?.length === 1);
    if (match === undefined) return undefined;
    used.add(match);
    setAttribute(found, name, equalsOf(naming, match, name)?.[0] as AttributeValue);
  }
  return { key: found, rest: conjuncts.filter((each) => !used.has(each)) };
}

/** The constants of which an attribute must be one, if that is what a condition says. */
export function equalsOf(
  naming: Naming,
  condition: Condition,
  attribute: string,
): readonly AttributeValue[] | undefined {
  switch (condition.kind) {
    case "compare": {
      if (condition.operator !== "=") return undefined;
      const { left, right } = condition;
      const [path, constant] = left.kind === "path" ? [left, right] : [right, left];
      if (naming.attributeOf(path) !== attribute) return undefined;
      const value = naming.constantOf(constant);
      return value === undefined ? undefined : [value];
    }
    case "in": {
      if (naming.attributeOf(condition.operand) !== attribute) return undefined;
      const values = condition.among.map((each) => naming.constantOf(each));
      return values.includes(undefined) ? undefined : (values as AttributeValue[]);
    }
    case "or": {
      const values = condition.terms.map((term) => equalsOf(naming, term, attribute));
      return values.includes(undefined) ? undefined : (values.flat() as AttributeValue[]);
    }
    default:
      return undefined;
  }
}
