import type { AttributeMap, AttributeValue } from "../value/attribute-value.ts";
import { attribute, setAttribute } from "../value/attribute-value.ts";
import type { RawPath } from "./ast.ts";
import type { Bindings } from "./bindings.ts";
import { expressionError } from "./parser.ts";
import type { Path } from "./path.ts";
import { child, firstClash } from "./path.ts";

/** Paths as a tree, so that each part of an item is visited once. */
interface Branch {
  /** The whole value is wanted. */
  whole: boolean;
  readonly steps: Map<string | number, Branch>;
}

/** What to keep of items. */
export class Projection {
  readonly paths: readonly Path[];
  readonly #root: Branch = { whole: false, steps: new Map() };

  /** The paths must not overlap. */
  constructor(paths: readonly Path[]) {
    this.paths = paths;
    for (const path of paths) {
      let branch = this.#root;
      for (const step of path) branch = grow(branch, step);
      branch.whole = true;
    }
    sortIndexes(this.#root);
  }

  /** The wanted parts; list elements close up, in the order of the list. */
  apply(item: AttributeMap): AttributeMap {
    const out: Record<string, AttributeValue> = {};
    for (const [name, branch] of this.#root.steps) {
      const value = attribute(item, name as string);
      const kept = value === undefined ? undefined : prune(value, branch);
      if (kept !== undefined) setAttribute(out, name as string, kept);
    }
    return out;
  }
}

/** Resolves and checks a parsed projection. @throws FIRN_TABLE_REQUEST_INVALID. */
export function bindProjection(raw: readonly RawPath[], bindings: Bindings): Projection {
  const paths = raw.map((path) => bindings.path(path, "ProjectionExpression"));
  const clash = firstClash(paths);
  if (clash !== undefined) throw expressionError("ProjectionExpression", clash);
  return new Projection(paths);
}

function grow(branch: Branch, step: string | number): Branch {
  let next = branch.steps.get(step);
  if (next === undefined) {
    next = { whole: false, steps: new Map() };
    branch.steps.set(step, next);
  }
  return next;
}

function sortIndexes(branch: Branch): void {
  const steps = [...branch.steps];
  if (typeof steps[0]?.[0] === "number") {
    steps.sort((left, right) => Number(left[0]) - Number(right[0]));
    branch.steps.clear();
    for (const [step, next] of steps) branch.steps.set(step, next);
  }
  for (const [, next] of steps) sortIndexes(next);
}

function prune(value: AttributeValue, branch: Branch): AttributeValue | undefined {
  if (branch.whole) return value;
  if ("L" in value) {
    const elements: AttributeValue[] = [];
    for (const [step, next] of branch.steps) {
      const element = child(value, step);
      const kept = element === undefined ? undefined : prune(element, next);
      if (kept !== undefined) elements.push(kept);
    }
    return elements.length === 0 ? undefined : { L: elements };
  }
  if (!("M" in value)) return undefined;
  const entries: Record<string, AttributeValue> = {};
  let found = false;
  for (const [step, next] of branch.steps) {
    const entry = child(value, step);
    const kept = entry === undefined ? undefined : prune(entry, next);
    if (kept === undefined) continue;
    setAttribute(entries, step as string, kept);
    found = true;
  }
  return found ? { M: entries } : undefined;
}
