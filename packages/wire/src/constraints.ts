import { PROBLEMS_MAX } from "./constants.ts";
import { lowerFirst } from "./problem.ts";
import type { Problem, Rule } from "./problem.ts";
import type { Members, Shape, ShapeNode } from "./shape.ts";

type Check = (value: unknown, path: string, problems: Problem[]) => void;
/** Collects the constraints that an input breaks, in the order of the declaration; at most 10. */
export type InputCheck = (input: Readonly<Record<string, unknown>>) => readonly Problem[];

const NONE: readonly Problem[] = [];

/**
 * Prepares the constraint checks of an operation's input. Rules of one member are told in the
 * order in which its traits are written, since services differ in it.
 */
export function compileConstraints(members: Members): InputCheck {
  const check = compileMembers(members);
  return (input) => {
    if (check === undefined) return NONE;
    const problems: Problem[] = [];
    check(input, "", problems);
    return problems.length > PROBLEMS_MAX ? problems.slice(0, PROBLEMS_MAX) : problems;
  };
}

interface MemberCheck {
  readonly name: string;
  /** The name as paths have it. */
  readonly step: string;
  readonly required: boolean;
  readonly check: Check | undefined;
}

const REQUIRED: Rule = { kind: "required" };

function compileMembers(members: Members): Check | undefined {
  const checks: MemberCheck[] = [];
  for (const [name, shape] of Object.entries(members)) {
    const required = shape.traits.required === true;
    const check = compileShape(shape, name);
    if (required || check !== undefined)
      checks.push({ name, step: lowerFirst(name), required, check });
  }
  if (checks.length === 0) return undefined;
  return (value, path, problems) => {
    const record = value as Readonly<Record<string, unknown>>;
    for (const { name, step, required, check } of checks) {
      const member = record[name];
      const at = path === "" ? step : `${path}.${step}`;
      if (member !== undefined) check?.(member, at, problems);
      else if (required)
        problems.push({ path: at, member: name, value: undefined, rule: REQUIRED });
    }
  };
}

function compileShape(shape: Shape, member: string): Check | undefined {
  const own = compileRules(shape, member);
  const inner = compileInner(shape, member);
  if (own === undefined || inner === undefined) return own ?? inner;
  return (value, path, problems) => {
    own(value, path, problems);
    inner(value, path, problems);
  };
}

function compileInner(shape: ShapeNode, member: string): Check | undefined {
  if (shape.kind === "structure") return compileMembers(shape.members);
  if (shape.kind !== "list" && shape.kind !== "map") return undefined;
  const check = compileShape(shape.of, member);
  if (check === undefined) return undefined;
  if (shape.kind === "list") {
    return (value, path, problems) => {
      const items = value as readonly unknown[];
      for (let i = 0; i < items.length; i++) check(items[i], `${path}.${i + 1}.member`, problems);
    };
  }
  return (value, path, problems) => {
    for (const [key, item] of Object.entries(value as object)) {
      check(item, `${path}.${key}.member`, problems);
    }
  };
}

interface Test {
  readonly rule: Rule;
  readonly passes: (value: unknown) => boolean;
}

function compileRules(shape: ShapeNode, member: string): Check | undefined {
  const tests: Test[] = [];
  for (const [trait, bound] of Object.entries(shape.traits)) {
    const test = testOf(shape, trait, bound);
    if (test !== undefined) tests.push(test);
  }
  if (tests.length === 0) return undefined;
  return (value, path, problems) => {
    for (const { rule, passes } of tests) {
      if (!passes(value)) problems.push({ path, member, value, rule });
    }
  };
}

function testOf(shape: ShapeNode, trait: string, bound: unknown): Test | undefined {
  if (bound === undefined) return undefined;
  switch (trait) {
    case "min":
    case "max":
      return boundTest(shape.kind, trait, bound as number);
    case "pattern": {
      const whole = new RegExp(`^(?:${bound as string})$`, "u");
      const rule: Rule = { kind: "pattern", pattern: bound as string };
      return { rule, passes: (value) => whole.test(value as string) };
    }
    case "values": {
      const allowed = new Set(bound as readonly string[]);
      const rule: Rule = { kind: "values", values: bound as readonly string[] };
      return { rule, passes: (value) => allowed.has(value as string) };
    }
    default:
      return undefined;
  }
}

function boundTest(kind: ShapeNode["kind"], trait: "min" | "max", bound: number): Test {
  const of = kind === "integer" || kind === "long" || kind === "double" ? "value" : "length";
  const rule: Rule = { kind: trait, of, bound };
  const measure = measureOf(kind);
  return trait === "min"
    ? { rule, passes: (value) => measure(value) >= bound }
    : { rule, passes: (value) => measure(value) <= bound };
}

function measureOf(kind: ShapeNode["kind"]): (value: unknown) => number {
  switch (kind) {
    case "integer":
    case "long":
    case "double":
      return (value) => value as number;
    case "map":
      return (value) => Object.keys(value as object).length;
    default:
      return (value) => (value as { readonly length: number }).length;
  }
}
