import { PolicyError, parsePolicy, parseSubnet } from "@firn/auth";
import type { Policy } from "@firn/auth";
import { POLICY_BYTES_MAX } from "./constants.ts";
import { invalid } from "./errors.ts";

type Statement = Policy["statements"][number];
type Condition = Statement["conditions"][number];

/**
 * The policy of a vault or of its lock, as it will be evaluated. What could never be decided here
 * is refused: a lock must never seem stronger than it is.
 * @throws FIRN_ARCHIVE_PARAMETER_INVALID naming what is not understood.
 */
export function parseVaultPolicy(text: string): Policy {
  const policy = readVaultPolicy(text);
  if (policy instanceof PolicyError) throw invalid(`Invalid policy: ${policy.message}`);
  for (const { resources, conditions } of policy.statements) {
    checkVariables(resources.texts);
    conditions.forEach(checkCondition);
  }
  return policy;
}

/** One that was stored already; an error where it cannot be read. */
export function readVaultPolicy(text: string): Policy | PolicyError {
  try {
    return parsePolicy(text, { kind: "resource", bytesMax: POLICY_BYTES_MAX });
  } catch (error) {
    if (error instanceof PolicyError) return error;
    throw error;
  }
}

/** Keys that requests carry; the engine adds age, time and tags to what the server tells it. */
const KEYS: ReadonlySet<string> = new Set([
  "glacier:archiveageindays",
  "aws:currenttime",
  "aws:epochtime",
  "aws:principalaccount",
  "aws:principalarn",
  "aws:principaltype",
  "aws:requestedregion",
  "aws:resourceaccount",
  "aws:securetransport",
  "aws:sourceip",
  "aws:useragent",
  "aws:userid",
  "aws:username",
]);
const TAG_KEY = /^(?:glacier|aws):resourcetag\/./;
const NUMBERS: readonly string[] = ["glacier:archiveageindays", "aws:epochtime"];

function checkCondition({ key, operator, texts }: Condition): void {
  checkKey(key);
  checkVariables(texts);
  if (operator === "Null") return;
  const isNumeric = operator.startsWith("Numeric");
  if (key === "glacier:archiveageindays" && !isNumeric) {
    throw invalid(`Invalid policy: ${key} takes a numeric operator`);
  }
  if (key === "aws:sourceip" && !operator.endsWith("IpAddress")) {
    throw invalid(`Invalid policy: ${key} takes an address operator`);
  }
  const unread = texts.find((text) => !isReadable(text, { key, operator }));
  if (unread === undefined) return;
  throw invalid(`Invalid policy: ${key} has a value that is not understood`);
}

function checkKey(key: string): void {
  if (KEYS.has(key) || TAG_KEY.test(key)) return;
  throw invalid(`Invalid policy: condition key ${key} is not supported`);
}

/** `${aws:username}`: one that never has a value would keep its statement from ever fitting. */
function checkVariables(texts: readonly string[]): void {
  for (const [, name = ""] of texts.flatMap((text) => [...text.matchAll(VARIABLE)])) {
    checkKey(name.toLowerCase());
  }
}

const VARIABLE = /\$\{\s*([\w:./@+=-]+)/g;

/** A value that its operator cannot read would never match: a denial by it would be none. */
function isReadable(text: string, { key, operator }: Pick<Condition, "key" | "operator">): boolean {
  if (operator.startsWith("Numeric")) return /^-?\d+(\.\d+)?$/.test(text);
  if (operator.startsWith("Date")) {
    return /^-?\d+(\.\d+)?$/.test(text) || !Number.isNaN(Date.parse(text));
  }
  if (operator.endsWith("IpAddress")) return parseSubnet(text) !== undefined;
  if (operator.startsWith("Arn")) return text.split(":").length >= 6;
  if (operator === "Bool") return /^(true|false)$/i.test(text);
  return !NUMBERS.includes(key);
}
