/**
 * How the versions of one key are ordered: by 16 hexadecimal digits, 12 of the time in
 * milliseconds and 4 that tell the versions of one millisecond apart. A version's id begins with
 * its order, so that a version is found by its id alone; the null version keeps its order in its
 * record, or, written while versioning was never on, has the one of its time.
 */
export interface OrderedVersion {
  readonly versionId: string;
  /** Milliseconds since 1970 UTC. */
  readonly lastModified: number;
  readonly order?: string | undefined;
}

export const NULL_VERSION = "null";
export const ORDER_DIGITS = 16;
const TIME_DIGITS = 12;
const VERSION_ID = /^[0-9a-f]{32}$/;

export function orderOf(version: OrderedVersion): string {
  if (version.versionId !== NULL_VERSION) return orderOfId(version.versionId);
  return version.order ?? orderOfTime(version.lastModified);
}

/** What a version's id begins with. */
export function orderOfId(versionId: string): string {
  return versionId.slice(0, ORDER_DIGITS);
}

/** The order of a version written now, behind the newest that there is. */
export function nextOrder(now: number, newest: string | undefined): string {
  const byTime = orderOfTime(now);
  if (newest === undefined || newest < byTime) return byTime;
  return digits(BigInt(`0x${newest}`) + 1n, ORDER_DIGITS);
}

export function isVersionId(text: string): boolean {
  return text === NULL_VERSION || VERSION_ID.test(text);
}

function orderOfTime(ms: number): string {
  return digits(ms, TIME_DIGITS) + "0".repeat(ORDER_DIGITS - TIME_DIGITS);
}

function digits(value: number | bigint, count: number): string {
  return value.toString(16).padStart(count, "0");
}
