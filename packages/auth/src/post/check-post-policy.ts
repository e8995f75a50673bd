import { isUtf8 } from "node:buffer";
import { asObject } from "../policy/policy-json.ts";
import type { Json, JsonObject } from "../policy/policy-json.ts";
import { PostError } from "./post-error.ts";
import type { FormFields } from "./verify-post-form.ts";

export interface PostPolicyCheck {
  /** The form's fields, with `bucket` and the `key` that the object will have. */
  readonly fields: FormFields;
  /** Real time in milliseconds since 1970 UTC. */
  readonly nowMs: number;
}

/** Bytes that the policy lets the file have. */
export interface ContentLengthRange {
  readonly min: number;
  readonly max: number;
}

/**
 * Holds a form to its policy: every field must be covered by a condition, every condition must be
 * met, and its time must not be over.
 *
 * @throws PostError InvalidPolicyDocument, AccessDenied.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
 */
export function checkPostPolicy(
  encoded: string,
  { fields, nowMs }: PostPolicyCheck,
): ContentLengthRange | undefined {
  const policy = readPolicy(encoded);
  if (expirationOf(policy) <= nowMs) throw denied("Policy expired.");
  const { conditions } = policy;
  if (!Array.isArray(conditions)) throw invalid("Policy missing conditions.");
  let range: ContentLengthRange | undefined;
  const covered = new Set(UNCOVERED);
  for (const given of conditions as readonly Json[]) {
    const condition = readCondition(given);
    if ("max" in condition) range = narrower(range, condition);
    else {
      covered.add(condition.field);
      const value = fields.get(condition.field);
      if (!holds(condition, value)) {
        throw denied(`Policy Condition failed: ${jsonText(given)}`);
      }
    }
  }
  const extra = [...fields.keys()].filter((name) => {
    return !covered.has(name) && !FREE.some((prefix) => name.startsWith(prefix));
  });
  if (extra.length > 0) throw denied(`Extra input fields: ${extra.join(", ")}`);
  return range;
}

/** Fields that no condition need name. */
const UNCOVERED: readonly string[] = [
  "policy",
  "x-amz-signature",
  "awsaccesskeyid",
  "signature",
  "file",
  // Not the form's: what is told of where it goes.
  "bucket",
];

/** Names of fields that no condition need name, by how they begin. */
const FREE: readonly string[] = ["x-ignore-", "x-amz-checksum-"];

interface FieldCondition {
  readonly field: string;
  readonly match: "eq" | "starts-with";
  readonly wanted: string;
}

function holds({ field, match, wanted }: FieldCondition, value: string | undefined): boolean {
  if (value === undefined) return match === "starts-with" && wanted === "";
  if (match === "eq") return value === wanted;
  // A list of types is one field: each of them must fit.
  if (field !== "content-type") return value.startsWith(wanted);
  return value.split(",").every((one) => one.trim().startsWith(wanted));
}

function readPolicy(encoded: string): JsonObject {
  const bytes = Buffer.from(encoded, "base64");
  if (bytes.length === 0 || !isUtf8(bytes)) throw invalid("Invalid JSON.");
  try {
    return asObject(JSON.parse(bytes.toString()) as Json, () => invalid("Invalid JSON."));
  } catch {
    throw invalid("Invalid JSON.");
  }
}

const ISO_DATE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/;

function expirationOf({ expiration }: JsonObject): number {
  if (expiration === undefined) throw invalid("Policy missing expiration.");
  const ms = typeof expiration === "string" && ISO_DATE.test(expiration) && Date.parse(expiration);
  if (typeof ms === "number" && !Number.isNaN(ms)) return ms;
  throw invalid(`Invalid 'expiration' value: '${told(expiration)}'`);
}

function readCondition(given: Json): FieldCondition | ContentLengthRange {
  if (!Array.isArray(given)) return readSimple(asObject(given, () => unexpected(given)));
  const [match, first, second] = given as readonly Json[];
  if (given.length !== 3 || typeof match !== "string") throw unexpected(given);
  const kind = match.toLowerCase();
  if (kind === "content-length-range") return readRange(first, second);
  if (kind !== "eq" && kind !== "starts-with") throw unexpected(given);
  if (typeof first !== "string" || !first.startsWith("$")) throw unexpected(given);
  if (typeof second !== "string") throw unexpected(given);
  return { field: first.slice(1).toLowerCase(), match: kind, wanted: second };
}

function readSimple(given: JsonObject): FieldCondition {
  const [entry, ...others] = Object.entries(given);
  if (entry === undefined || others.length > 0) {
    throw invalid("Invalid Simple-Condition: Simple-Conditions must have exactly one property.");
  }
  const [name, wanted] = entry;
  if (typeof wanted !== "string") {
    throw invalid("Invalid Simple-Condition: value must be a string.");
  }
  return { field: name.toLowerCase(), match: "eq", wanted };
}

function readRange(first: Json | undefined, second: Json | undefined): ContentLengthRange {
  const [min = NaN, max = NaN] = [first, second].map(sizeOf);
  if (!isSize(min) || !isSize(max)) {
    throw invalid("Invalid content-length-range condition.");
  }
  return { min, max };
}

/** Anything but a number, or a text of one, is none: lists would be joined first. */
function sizeOf(value: Json | undefined): number {
  return typeof value === "number" || typeof value === "string" ? Number(value) : NaN;
}

function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function narrower(
  range: ContentLengthRange | undefined,
  other: ContentLengthRange,
): ContentLengthRange {
  if (range === undefined) return other;
  return { min: Math.max(range.min, other.min), max: Math.min(range.max, other.max) };
}

/** Characters of the client's text that an error repeats. */
const TOLD_CHARACTERS = 200;

function told(value: Json): string {
  return (typeof value === "string" ? value : jsonText(value)).slice(0, TOLD_CHARACTERS);
}

/** What is nested deeper than the stack reaches has no text. */
function jsonText(value: Json): string {
  try {
    return JSON.stringify(value);
  } catch {
    return "…";
  }
}

function unexpected(given: Json): PostError {
  return invalid(`Unexpected: '${told(given)}'`);
}

function invalid(why: string): PostError {
  return new PostError("InvalidPolicyDocument", 400, `Invalid Policy: ${why}`);
}

function denied(why: string): PostError {
  return new PostError("AccessDenied", 403, `Invalid according to Policy: ${why}`);
}
