import type { ConditionFacts } from "./policy-types.ts";

/** `*`: any characters, also none. */
const STAR = -1;
/** `?`: exactly one. */
const ANY = -2;

interface Variable {
  /** Lower case. */
  readonly name: string;
  readonly fallback: string | undefined;
}

/** A text with wildcards and policy variables, taken apart: UTF-16 units, STAR, ANY, variables. */
export type Glob = readonly (number | Variable)[];

const VARIABLE = /\$\{\s*(?:([*?$])|([\w:./@+=-]+)\s*(?:,\s*'([^']*)'\s*)?)\}/y;

/**
 * Variables (`${aws:username}`, `${s3:prefix, 'none'}`, `${*}`) are those of policies of version
 * 2012-10-17; in older ones they are plain text.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 */
export function compileGlob(text: string, { variables }: { readonly variables: boolean }): Glob {
  const glob: (number | Variable)[] = [];
  for (let i = 0; i < text.length;) {
    VARIABLE.lastIndex = i;
    const found = variables && text.charCodeAt(i) === DOLLAR ? VARIABLE.exec(text) : null;
    if (found === null) {
      glob.push(unitAt(text, i));
      i++;
      continue;
    }
    const [whole, literal, name, fallback] = found;
    if (literal !== undefined) glob.push(literal.charCodeAt(0));
    else glob.push({ name: (name ?? "").toLowerCase(), fallback });
    i += whole.length;
  }
  return glob;
}

/** Whether the whole text fits. A variable without a value fits nothing. */
export function globMatches(glob: Glob, text: string, facts: ConditionFacts): boolean {
  const units = resolved(glob, facts);
  return units !== undefined && unitsMatch(units, text);
}

/** The pattern as plain text, its wildcards as characters; `undefined` without a value. */
export function globText(glob: Glob, facts: ConditionFacts): string | undefined {
  const units = resolved(glob, facts);
  return units && units.map((unit) => WILDCARDS.get(unit) ?? String.fromCharCode(unit)).join("");
}

/** Neither wildcards nor variables. */
export function isFixed(glob: Glob): boolean {
  return glob.every((unit) => typeof unit === "number" && unit >= 0);
}

const DOLLAR: number = "$".charCodeAt(0);
const WILDCARDS: ReadonlyMap<number, string> = new Map([
  [STAR, "*"],
  [ANY, "?"],
]);

function unitAt(text: string, index: number): number {
  if (text[index] === "*") return STAR;
  return text[index] === "?" ? ANY : text.charCodeAt(index);
}

function resolved(glob: Glob, facts: ConditionFacts): readonly number[] | undefined {
  if (glob.every((unit) => typeof unit === "number")) return glob;
  const units: number[] = [];
  for (const unit of glob) {
    if (typeof unit === "number") {
      units.push(unit);
      continue;
    }
    // What a request says must not become a wildcard: its characters stand for themselves.
    const value = facts.get(unit.name)?.[0] ?? unit.fallback;
    if (value === undefined) return undefined;
    for (let i = 0; i < value.length; i++) units.push(value.charCodeAt(i));
  }
  return units;
}

/** Goes back to the last star only: never more than pattern times text steps. */
function unitsMatch(units: readonly number[], text: string): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  for (let i = 0; i < text.length;) {
    const unit = units[at];
    if (unit === STAR) {
      star = at++;
      resume = i;
    } else if (unit === ANY || unit === text.charCodeAt(i)) {
      at++;
      i++;
    } else if (star >= 0) {
      at = star + 1;
      i = ++resume;
    } else return false;
  }
  while (units[at] === STAR) at++;
  return at === units.length;
}
