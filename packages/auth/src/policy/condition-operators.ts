import { globMatches, globText } from "./glob.ts";
import type { Glob } from "./glob.ts";
import { isInSubnet, parseIpAddress, parseSubnet } from "./ip-address.ts";
import type { Condition, ConditionFacts } from "./policy-types.ts";

/** Whether one value of the request satisfies one value of the policy. */
type Comparison = (value: string, wanted: Glob, facts: ConditionFacts) => boolean;

interface Operator {
  readonly compare: Comparison;
  /** Holds where none of the policy's values fits, and where the key is missing. */
  readonly negated: boolean;
}

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */
const operators: ReadonlyMap<string, Operator> = new Map([
  ...both(
    "StringEquals",
    "StringNotEquals",
    plain((value, wanted) => value === wanted),
  ),
  ...both(
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    plain((value, wanted) => value.toLowerCase() === wanted.toLowerCase()),
  ),
  ...both("StringLike", "StringNotLike", (value, wanted, facts) =>
    globMatches(wanted, value, facts),
  ),
  ...both(
    "NumericEquals",
    "NumericNotEquals",
    ordered(Number, (a, b) => a === b),
  ),
  ...one(
    "NumericLessThan",
    ordered(Number, (a, b) => a < b),
  ),
  ...one(
    "NumericLessThanEquals",
    ordered(Number, (a, b) => a <= b),
  ),
  ...one(
    "NumericGreaterThan",
    ordered(Number, (a, b) => a > b),
  ),
  ...one(
    "NumericGreaterThanEquals",
    ordered(Number, (a, b) => a >= b),
  ),
  ...both(
    "DateEquals",
    "DateNotEquals",
    ordered(dateMs, (a, b) => a === b),
  ),
  ...one(
    "DateLessThan",
    ordered(dateMs, (a, b) => a < b),
  ),
  ...one(
    "DateLessThanEquals",
    ordered(dateMs, (a, b) => a <= b),
  ),
  ...one(
    "DateGreaterThan",
    ordered(dateMs, (a, b) => a > b),
  ),
  ...one(
    "DateGreaterThanEquals",
    ordered(dateMs, (a, b) => a >= b),
  ),
  ...one(
    "Bool",
    plain((value, wanted) => value.toLowerCase() === wanted.toLowerCase()),
  ),
  ...one(
    "BinaryEquals",
    plain((value, wanted) => value === wanted),
  ),
  ...both("IpAddress", "NotIpAddress", plain(addressIn)),
  ...both("ArnEquals", "ArnNotEquals", arnMatches),
  ...both("ArnLike", "ArnNotLike", arnMatches),
]);

export function isConditionOperator(name: string): boolean {
  return name === "Null" || operators.has(name);
}

/** Whether the condition holds for the facts of a request. */
export function conditionHolds(condition: Condition, facts: ConditionFacts): boolean {
  const { operator: name, quantifier, ifExists, key, values } = condition;
  const given = facts.get(key);
  if (name === "Null") {
    const isMissing = String(given === undefined || given.length === 0);
    return values.some((value) => globText(value, facts)?.toLowerCase() === isMissing);
  }
  const operator = operators.get(name);
  if (operator === undefined) return false;
  if (given === undefined || given.length === 0) {
    if (ifExists || quantifier === "ForAllValues") return true;
    return quantifier === undefined && operator.negated;
  }
  const holds = (value: string): boolean =>
    values.some((wanted) => operator.compare(value, wanted, facts)) !== operator.negated;
  if (quantifier === "ForAllValues") return given.every(holds);
  // A key of several values without a quantifier: none of them may be what is not wanted.
  if (quantifier === undefined && operator.negated) return given.every(holds);
  return given.some(holds);
}

function one(name: string, compare: Comparison): [string, Operator][] {
  return [[name, { compare, negated: false }]];
}

function both(name: string, opposite: string, compare: Comparison): [string, Operator][] {
  return [...one(name, compare), [opposite, { compare, negated: true }]];
}

function plain(compare: (value: string, wanted: string) => boolean): Comparison {
  return (value, wanted, facts) => {
    const text = globText(wanted, facts);
    return text !== undefined && compare(value, text);
  };
}

function ordered(
  read: (text: string) => number,
  compare: (value: number, wanted: number) => boolean,
): Comparison {
  return plain((value, wanted) => {
    const numbers = [value, wanted].map((text) => (text.trim() === "" ? NaN : read(text)));
    const [a = NaN, b = NaN] = numbers;
    return !Number.isNaN(a) && !Number.isNaN(b) && compare(a, b);
  });
}

/** ISO 8601, or seconds since 1970. */
function dateMs(text: string): number {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text);
}

function addressIn(value: string, wanted: string): boolean {
  const address = parseIpAddress(value);
  const subnet = parseSubnet(wanted);
  return address !== undefined && subnet !== undefined && isInSubnet(address, subnet);
}

/** The six parts of an ARN are compared apart: a wildcard does not reach over a colon. */
function arnMatches(value: string, wanted: Glob, facts: ConditionFacts): boolean {
  const parts = splitArn(value);
  const patterns = splitGlob(wanted);
  if (parts.length !== ARN_PARTS || patterns.length !== ARN_PARTS) return false;
  return parts.every((part, index) => globMatches(patterns[index] ?? [], part, facts));
}

const ARN_PARTS = 6;
const COLON: number = ":".charCodeAt(0);

function splitArn(arn: string): string[] {
  const parts = arn.split(":");
  return [...parts.slice(0, ARN_PARTS - 1), parts.slice(ARN_PARTS - 1).join(":")];
}

function splitGlob(glob: Glob): Glob[] {
  const parts: Glob[number][][] = [[]];
  for (const unit of glob) {
    if (unit === COLON && parts.length < ARN_PARTS) parts.push([]);
    else parts.at(-1)?.push(unit);
  }
  return parts;
}
