import { invalid } from "../errors.ts";
import type { AttributeMap, AttributeType, AttributeValue } from "../value/attribute-value.ts";
import { attribute, contentOf, setAttribute, tagged, typeOf } from "../value/attribute-value.ts";
import { Decimal } from "../value/decimal.ts";
import type { Path } from "./path.ts";
import { readPath } from "./path.ts";
import type { BoundAction, BoundSetValue } from "./update.ts";

/*
 * All right sides read the item as it was; then the actions are carried out. List elements keep
 * their index until the last action: removed ones leave a hole, those set behind the end stand
 * where they were asked for. In the end each touched list closes up. So `REMOVE l[0], l[1]` takes
 * the first two elements, and `SET l[7]` on a list of three appends.
 */

type MutableMap = Record<string, AttributeValue>;
type MutableList = (AttributeValue | undefined)[];

/**
 * Carries out the actions on `item`, which is changed. The caller owns it.
 * @throws FIRN_TABLE_REQUEST_INVALID for a path that is not there, or an operand of a wrong type.
 */
export function applyUpdate(item: AttributeMap, actions: readonly BoundAction[]): void {
  const values = actions.map((action) =>
    action.kind === "set" ? detached(evaluate(action.value, item)) : undefined,
  );
  const lists = new Set<MutableList>();
  actions.forEach((action, i) => {
    const place = find(item, action.path, action.kind === "remove");
    if (place === undefined) return;
    if (Array.isArray(place.parent)) lists.add(place.parent);
    const next =
      action.kind === "set" ? values[i] : computed(action, readPlace(place.parent, place.step));
    write(place.parent, place.step, next);
  });
  for (const list of lists) closeUp(list);
}

interface Place {
  readonly parent: MutableMap | MutableList;
  readonly step: string | number;
}

/** Where a path ends. Its parent must exist, except for what is to be removed anyway. */
function find(item: AttributeMap, path: Path, lenient: boolean): Place | undefined {
  const step = path[path.length - 1] as string | number;
  if (path.length === 1) return { parent: item as MutableMap, step };
  const parent = readPath(item, path.slice(0, -1));
  if (parent !== undefined) {
    if (typeof step === "number" && "L" in parent) return { parent: parent.L as MutableList, step };
    if (typeof step === "string" && "M" in parent) return { parent: parent.M as MutableMap, step };
  }
  if (lenient && parent === undefined && path.length > 2) return undefined;
  throw invalid("The document path provided in the update expression is invalid for update");
}

function readPlace(
  parent: MutableMap | MutableList,
  step: string | number,
): AttributeValue | undefined {
  return Array.isArray(parent) ? parent[step as number] : attribute(parent, step as string);
}

function write(
  parent: MutableMap | MutableList,
  step: string | number,
  value: AttributeValue | undefined,
): void {
  if (!Array.isArray(parent)) {
    if (value === undefined) delete parent[step as string];
    else setAttribute(parent, step as string, value);
    return;
  }
  if (value === undefined && (step as number) >= parent.length) return;
  parent[step as number] = value;
}

/** Drops the holes, in place. */
function closeUp(list: MutableList): void {
  const kept: AttributeValue[] = [];
  // The keys of what is there, in order: an index of two thousand million is legal.
  for (const index of Object.keys(list)) {
    const element = list[Number(index)];
    if (element !== undefined) kept.push(element);
  }
  list.length = 0;
  for (const element of kept) list.push(element);
}

/** The result of ADD or DELETE; nothing for REMOVE, and for a set without elements. */
function computed(
  action: Exclude<BoundAction, { kind: "set" }>,
  present: AttributeValue | undefined,
): AttributeValue | undefined {
  if (action.kind === "remove") return undefined;
  if (action.kind === "delete" && present === undefined) return undefined;
  if (present === undefined) return detached(action.value);
  const type = typeOf(action.value);
  if (typeOf(present) !== type) throw wrongType();
  return action.kind === "add"
    ? addValues(present, action.value, type)
    : removeElements(present, action.value, type as "SS" | "NS" | "BS");
}

/** The sum of two numbers, the union of two sets. */
export function addValues(
  present: AttributeValue,
  value: AttributeValue,
  type: AttributeType,
): AttributeValue {
  if (type === "N") return { N: sum(present, value, "+") };
  if (type === "L") {
    // Only AttributeUpdates adds to lists.
    const [head, tail] = [contentOf(present, type), contentOf(value, type)];
    return { L: [...(head as AttributeValue[]), ...(tail as AttributeValue[])] };
  }
  const elements = contentOf(present, type) as readonly string[];
  const known = new Set(elements);
  const added = (contentOf(value, type) as readonly string[]).filter((one) => !known.has(one));
  return tagged(type, [...elements, ...added]);
}

/** The difference of two sets; `undefined` when nothing is left. */
export function removeElements(
  present: AttributeValue,
  value: AttributeValue,
  type: "SS" | "NS" | "BS",
): AttributeValue | undefined {
  const gone = new Set(contentOf(value, type));
  const left = (contentOf(present, type) ?? []).filter((element) => !gone.has(element));
  return left.length === 0 ? undefined : tagged(type, left);
}

function sum(left: AttributeValue, right: AttributeValue, operator: "+" | "-"): string {
  if (!("N" in left) || !("N" in right)) throw wrongType();
  const one = Decimal.parse(left.N);
  const two = Decimal.parse(right.N);
  return (operator === "+" ? one.add(two) : one.subtract(two)).toString();
}

function evaluate(value: BoundSetValue, item: AttributeMap): AttributeValue {
  switch (value.kind) {
    case "value":
      return value.value;
    case "path": {
      const present = readPath(item, value.path);
      if (present !== undefined) return present;
      throw invalid(
        "The provided expression refers to an attribute that does not exist in the item",
      );
    }
    case "arithmetic":
      return {
        N: sum(evaluate(value.left, item), evaluate(value.right, item), value.operator),
      };
    case "call":
      return call(value, item);
  }
}

function call(value: Extract<BoundSetValue, { kind: "call" }>, item: AttributeMap): AttributeValue {
  const [first, second] = value.args as [BoundSetValue, BoundSetValue];
  if (value.name === "if_not_exists") {
    const present = first.kind === "path" ? readPath(item, first.path) : undefined;
    return present ?? evaluate(second, item);
  }
  const head = evaluate(first, item);
  const tail = evaluate(second, item);
  if (!("L" in head) || !("L" in tail)) throw wrongType();
  return { L: [...head.L, ...tail.L] };
}

/** A copy of lists and maps: the same value may be set in two places, then changed in one. */
function detached(value: AttributeValue): AttributeValue {
  return "L" in value || "M" in value
    ? (JSON.parse(JSON.stringify(value)) as AttributeValue)
    : value;
}

function wrongType(): Error {
  return invalid("An operand in the update expression has an incorrect data type");
}
