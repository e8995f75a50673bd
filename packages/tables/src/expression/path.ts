import type { AttributeMap, AttributeValue } from "../value/attribute-value.ts";
import { attribute } from "../value/attribute-value.ts";

/** Where a value lies in an item: attribute names and list indexes, the first one a name. */
export type Path = readonly (string | number)[];

/** The value there, if every step exists. */
export function readPath(item: AttributeMap, path: Path): AttributeValue | undefined {
  let value = attribute(item, path[0] as string);
  for (let i = 1; i < path.length && value !== undefined; i++) {
    value = child(value, path[i] as string | number);
  }
  return value;
}

/** The element or entry of that name or index; `undefined` when the value has none. */
export function child(value: AttributeValue, step: string | number): AttributeValue | undefined {
  if (typeof step === "number") return "L" in value ? value.L[step] : undefined;
  return "M" in value ? attribute(value.M, step) : undefined;
}

/** As error texts show it: `[a, [0], b]`. */
export function pathText(path: Path): string {
  const steps = path.map((step) => (typeof step === "number" ? `[${step}]` : step));
  return `[${steps.join(", ")}]`;
}

export function pathsEqual(left: Path, right: Path): boolean {
  return left.length === right.length && left.every((step, i) => step === right[i]);
}

/**
 * What is wrong with using both paths in one request, in DynamoDB's words: one holds the other,
 * or they take the same value for a list and for a map.
 */
export function pathClash(one: Path, two: Path): string | undefined {
  const which = `path one: ${pathText(one)}, path two: ${pathText(two)}`;
  const advice = `must remove or rewrite one of these paths; ${which}`;
  for (let i = 0; i < one.length && i < two.length; i++) {
    if (typeof one[i] !== typeof two[i]) {
      return `Two document paths conflict with each other; ${advice}`;
    }
    if (one[i] !== two[i]) return undefined;
  }
  return `Two document paths overlap with each other; ${advice}`;
}

/** The first clash among the paths of one expression. */
export function firstClash(paths: readonly Path[]): string | undefined {
  // By first name: an update of 300 attributes must not compare all pairs.
  const byHead = new Map<string | number | undefined, Path[]>();
  for (const path of paths) {
    const before = byHead.get(path[0]) ?? [];
    for (const earlier of before) {
      const clash = pathClash(earlier, path);
      if (clash !== undefined) return clash;
    }
    before.push(path);
    byHead.set(path[0], before);
  }
  return undefined;
}
