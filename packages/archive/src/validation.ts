import {
  DESCRIPTION_MAX,
  EXPEDITED_ON_DEMAND_MAX,
  PART_BYTES_MIN,
  POLICY_BYTES_MAX,
  TAG_KEY_MAX,
  TAG_VALUE_MAX,
  TIER_WINDOWS_MS,
  UPLOAD_BYTES_MAX,
  VAULT_NAME_MAX,
} from "./constants.ts";
import type { RetrievalTier } from "./constants.ts";
import { invalid, missing } from "./errors.ts";

/** What a value may be is AWS's rule everywhere here; each check returns what it let pass. */
export function checkVaultName(name: string): string {
  if (name.length > 0 && name.length <= VAULT_NAME_MAX && /^[\w.-]+$/.test(name)) return name;
  throw invalid(
    `Invalid vault name: a name has 1 to ${VAULT_NAME_MAX} characters of a-z, A-Z, 0-9, '_', '-', '.'`,
  );
}

/** A description of an archive or a job; absent is empty. */
export function checkDescription(text: string | undefined): string {
  if (text === undefined) return "";
  if (text.length > DESCRIPTION_MAX) {
    throw invalid(`Invalid description: more than ${DESCRIPTION_MAX} characters`);
  }
  if (/[^\x20-\x7e]/.test(text)) {
    throw invalid("Invalid description: only printable ASCII characters are allowed");
  }
  return text;
}

/** A SHA-256 in hex, made lower case. */
export function checkHash(text: string): string {
  if (/^[0-9a-fA-F]{64}$/.test(text)) return text.toLowerCase();
  throw invalid("Invalid checksum: a SHA-256 has 64 hexadecimal digits");
}

export function checkPartSize(bytes: number): number {
  const doublings = Math.log2(bytes / PART_BYTES_MIN);
  if (bytes >= PART_BYTES_MIN && bytes <= UPLOAD_BYTES_MAX && Number.isInteger(doublings)) {
    return bytes;
  }
  throw invalid(
    `Invalid part size: ${bytes}. Part size must not be null, must be a power of two and be ` +
      `between ${PART_BYTES_MIN} and ${UPLOAD_BYTES_MAX} bytes.`,
  );
}

export function checkTier(text: string | undefined): RetrievalTier {
  if (text === undefined) return "Standard";
  if (Object.hasOwn(TIER_WINDOWS_MS, text)) return text as RetrievalTier;
  throw invalid(`Invalid tier: ${text.slice(0, 100)}. Valid are Expedited, Standard and Bulk.`);
}

/** Expedited retrievals in five minutes beside what was bought; absent is no bound. */
export function checkOnDemand(count: number | undefined): void {
  if (count === undefined) return;
  if (Number.isInteger(count) && count >= 0 && count <= EXPEDITED_ON_DEMAND_MAX) return;
  throw invalid(`expeditedOnDemand is 0 to ${EXPEDITED_ON_DEMAND_MAX}, not ${count}`);
}

/** Entries of a page: 1 to `max`, default `max`. */
export function checkLimit(limit: number | undefined, max: number): number {
  if (limit === undefined) return max;
  if (Number.isInteger(limit) && limit >= 1) return Math.min(limit, max);
  throw invalid(`Invalid limit: ${limit}`);
}

/** An ISO 8601 time in UTC, to milliseconds since 1970. */
export function checkTime(name: string, text: string): number {
  const shape = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d))?$/;
  const time = shape.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) throw invalid(`Invalid ${name}: ${text.slice(0, 100)}`);
  return time;
}

/** A policy document: JSON of at most 20 KB. */
export function checkPolicy(policy: string | undefined): string {
  if (policy === undefined || policy === "") throw missing("Policy");
  if (Buffer.byteLength(policy) > POLICY_BYTES_MAX) {
    throw invalid(`Invalid policy: longer than ${POLICY_BYTES_MAX} bytes`);
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(policy);
  } catch (cause) {
    throw invalid(`Invalid policy: not JSON (${(cause as Error).message})`);
  }
  if (typeof parsed !== "object" || parsed === null || !("Statement" in parsed)) {
    throw invalid("Invalid policy: no Statement");
  }
  return policy;
}

export function checkTopic(arn: string): string {
  if (/^arn:[\w-]+:sns:[\w-]+:\d{12}:[\w.-]{1,256}$/.test(arn)) return arn;
  throw invalid(`Invalid SNS topic ARN: ${arn.slice(0, 200)}`);
}

export function checkTagKey(key: string): string {
  if (key.length >= 1 && key.length <= TAG_KEY_MAX && !key.startsWith("aws:")) return key;
  throw invalid(`Invalid tag key: 1 to ${TAG_KEY_MAX} characters, not beginning with "aws:"`);
}

export function checkTagValue(value: string): string {
  if (value.length <= TAG_VALUE_MAX) return value;
  throw invalid(`Invalid tag value: at most ${TAG_VALUE_MAX} characters`);
}
