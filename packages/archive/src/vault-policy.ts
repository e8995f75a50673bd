import { invalid } from "./errors.ts";

/**
 * Vault policies, as far as they say no. Inside one account the owner may do everything, so what a
 * lock policy or an access policy can change is what it denies; that is decided here, in the
 * engine, so that no other way in gets around it. A policy with an element that is not understood
 * is refused when it is set: a lock must never seem stronger than it is.
 */
export interface VaultPolicy {
  readonly statements: readonly Statement[];
}

interface Statement {
  readonly deny: boolean;
  readonly principals: Matcher;
  readonly actions: Matcher;
  readonly resources: Matcher;
  readonly conditions: readonly Condition[];
}

interface Matcher {
  readonly patterns: readonly string[];
  readonly negated: boolean;
}

interface Condition {
  readonly key: string;
  readonly values: readonly string[];
  readonly ifExists: boolean;
  readonly compare: Comparison;
}

/** Who wants to do what. */
export interface VaultRequest {
  /** `glacier:DeleteArchive`. */
  readonly action: string;
  /** ARN of who asks. */
  readonly caller: string;
  /** ARN of the vault. */
  readonly resource: string;
  /** `glacier:ArchiveAgeInDays`, for DeleteArchive. */
  readonly archiveAgeInDays?: number | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

/** @throws FIRN_ARCHIVE_PARAMETER_INVALID naming what is not understood. */
export function parseVaultPolicy(text: string): VaultPolicy {
  const document = asObject(JSON.parse(text), "policy");
  rejectUnknown(document, ["Version", "Id", "Statement"], "policy");
  const statements = asArray(document["Statement"]);
  if (statements.length === 0) throw invalid("Invalid policy: no Statement");
  return { statements: statements.map(parseStatement) };
}

/** Whether a statement of the policy denies the request. */
export function denies(policy: VaultPolicy, request: VaultRequest): boolean {
  return policy.statements.some((statement) => statement.deny && applies(statement, request));
}

function applies(statement: Statement, request: VaultRequest): boolean {
  return (
    matches(statement.actions, (pattern) =>
      glob(pattern.toLowerCase(), request.action.toLowerCase()),
    ) &&
    matches(statement.resources, (pattern) => glob(pattern, request.resource)) &&
    matches(statement.principals, (pattern) => isPrincipal(pattern, request.caller)) &&
    statement.conditions.every((condition) => holds(condition, request))
  );
}

function matches(matcher: Matcher, test: (pattern: string) => boolean): boolean {
  return matcher.patterns.some(test) !== matcher.negated;
}

/** An account, or its root, stands for everybody in it. */
function isPrincipal(pattern: string, caller: string): boolean {
  if (pattern === "*" || pattern === caller) return true;
  const account = /^(?:arn:[\w-]+:iam::)?(\d{12})(?::root)?$/.exec(pattern)?.[1];
  return account !== undefined && caller.split(":")[4] === account;
}

function holds(condition: Condition, request: VaultRequest): boolean {
  const actual = contextValue(condition.key, request);
  if (actual === undefined) return condition.ifExists || condition.compare.whenAbsent;
  const { test, all } = condition.compare;
  const hit = (value: string): boolean => test(actual, value);
  return all ? condition.values.every(hit) : condition.values.some(hit);
}

function contextValue(key: string, request: VaultRequest): string | undefined {
  if (key === "glacier:archiveageindays") return request.archiveAgeInDays?.toString();
  const tag = /^(?:glacier|aws):resourcetag\/(.+)$/i.exec(key)?.[1];
  return tag === undefined || !Object.hasOwn(request.tags, tag) ? undefined : request.tags[tag];
}

interface Comparison {
  test(actual: string, wanted: string): boolean;
  /** Negated operators hold when no value matches: all values must differ. */
  readonly all: boolean;
  /** A negated operator holds for an absent key, any other fails. */
  readonly whenAbsent: boolean;
}

const numeric = (test: (actual: number, wanted: number) => boolean, all = false): Comparison => ({
  test: (actual, wanted) => test(Number(actual), Number(wanted)),
  all,
  whenAbsent: all,
});
const text = (test: (actual: string, wanted: string) => boolean, all = false): Comparison => ({
  test,
  all,
  whenAbsent: all,
});

const comparisons: ReadonlyMap<string, Comparison> = new Map([
  ["NumericEquals", numeric((a, b) => a === b)],
  ["NumericNotEquals", numeric((a, b) => a !== b, true)],
  ["NumericLessThan", numeric((a, b) => a < b)],
  ["NumericLessThanEquals", numeric((a, b) => a <= b)],
  ["NumericGreaterThan", numeric((a, b) => a > b)],
  ["NumericGreaterThanEquals", numeric((a, b) => a >= b)],
  ["StringEquals", text((a, b) => a === b)],
  ["StringNotEquals", text((a, b) => a !== b, true)],
  ["StringEqualsIgnoreCase", text((a, b) => a.toLowerCase() === b.toLowerCase())],
  ["StringNotEqualsIgnoreCase", text((a, b) => a.toLowerCase() !== b.toLowerCase(), true)],
  ["StringLike", text((a, b) => glob(b, a))],
  ["StringNotLike", text((a, b) => !glob(b, a), true)],
]);

const statementElements: readonly string[] = [
  "Sid",
  "Effect",
  "Principal",
  "NotPrincipal",
  "Action",
  "NotAction",
  "Resource",
  "NotResource",
  "Condition",
];

function parseStatement(value: unknown): Statement {
  const statement = asObject(value, "Statement");
  rejectUnknown(statement, statementElements, "Statement");
  const effect = statement["Effect"];
  if (effect !== "Deny" && effect !== "Allow") throw invalid("Invalid policy: Effect is not known");
  return {
    deny: effect === "Deny",
    principals: parseMatcher(statement, "Principal", parsePrincipal),
    actions: parseMatcher(statement, "Action", asStrings),
    resources: parseMatcher(statement, "Resource", asStrings),
    conditions: parseConditions(statement["Condition"]),
  };
}

function parseMatcher(
  statement: Readonly<Record<string, unknown>>,
  name: string,
  parse: (value: unknown, name: string) => readonly string[],
): Matcher {
  const [plain, not] = [statement[name], statement[`Not${name}`]];
  if ((plain === undefined) === (not === undefined)) {
    throw invalid(`Invalid policy: exactly one of ${name} and Not${name} is needed`);
  }
  const patterns = parse(plain ?? not, name);
  if (patterns.length === 0) throw invalid(`Invalid policy: ${name} is empty`);
  return { patterns, negated: plain === undefined };
}

function parsePrincipal(value: unknown, name: string): readonly string[] {
  if (value === "*") return ["*"];
  const principal = asObject(value, name);
  rejectUnknown(principal, ["AWS"], name);
  return asStrings(principal["AWS"], name);
}

function parseConditions(value: unknown): readonly Condition[] {
  if (value === undefined) return [];
  return Object.entries(asObject(value, "Condition")).flatMap(([operator, body]) => {
    const ifExists = operator.endsWith("IfExists");
    const compare = comparisons.get(ifExists ? operator.slice(0, -"IfExists".length) : operator);
    if (compare === undefined)
      throw invalid(`Invalid policy: operator ${operator} is not supported`);
    return Object.entries(asObject(body, operator)).map(([key, values]) => ({
      key: checkKey(key, operator),
      values: asValues(values, key),
      ifExists,
      compare,
    }));
  });
}

/** Keys keep a tag's spelling; the rest of them is compared without regard to case. */
function checkKey(key: string, operator: string): string {
  if (key.toLowerCase() === "glacier:archiveageindays") {
    if (operator.startsWith("Numeric")) return key.toLowerCase();
    throw invalid(`Invalid policy: ${key} takes a numeric operator`);
  }
  if (/^(glacier|aws):resourcetag\/./i.test(key)) return key;
  throw invalid(`Invalid policy: condition key ${key} is not supported`);
}

function asValues(value: unknown, name: string): readonly string[] {
  const values = asArray(value).map((one) => (typeof one === "number" ? String(one) : one));
  const numbers = name.toLowerCase() === "glacier:archiveageindays";
  for (const one of values) {
    const fine = typeof one === "string" && (!numbers || /^-?\d+(\.\d+)?$/.test(one));
    if (!fine) throw invalid(`Invalid policy: ${name} has a value that is not understood`);
  }
  return values as string[];
}

function asStrings(value: unknown, name: string): readonly string[] {
  return asArray(value).map((one) => {
    if (typeof one !== "string") throw invalid(`Invalid policy: ${name} is not text`);
    return one;
  });
}

function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [value];
}

function asObject(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw invalid(`Invalid policy: ${name} is not an object`);
}

function rejectUnknown(
  object: Readonly<Record<string, unknown>>,
  known: readonly string[],
  name: string,
): void {
  const unknown = Object.keys(object).find((key) => !known.includes(key));
  if (unknown !== undefined) throw invalid(`Invalid policy: ${name} has an unknown ${unknown}`);
}

/** `*` is any run of characters, `?` any one. Greedy with one restart point: linear, no regex. */
function glob(pattern: string, subject: string): boolean {
  let [p, s, star, mark] = [0, 0, -1, 0];
  while (s < subject.length) {
    if (pattern[p] === "*") {
      star = p++;
      mark = s;
    } else if (p < pattern.length && (pattern[p] === "?" || pattern[p] === subject[s])) {
      p++;
      s++;
    } else if (star >= 0) {
      p = star + 1;
      s = ++mark;
    } else {
      return false;
    }
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}
