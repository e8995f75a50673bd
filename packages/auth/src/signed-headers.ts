import { AuthError } from "./auth-error.ts";
import type { SigningStyle } from "./canonical-uri.ts";
import { SIGNED_HEADERS_MAX } from "./constants.ts";
import type { SignedRequest } from "./request.ts";

/** A SignedHeaders list, read once and kept. */
export interface SignedHeaderList {
  /** Lower-case, joined by `;`, in the order given. */
  readonly text: string;
  readonly names: readonly string[];
  readonly set: ReadonlySet<string>;
}

/** @throws FIRN_AUTH_HEADER_MALFORMED for empty names and for more than 256. */
export function parseSignedHeaders(given: string): SignedHeaderList {
  const text = given.toLowerCase();
  const names = text.split(";");
  if (names.length > SIGNED_HEADERS_MAX || names.includes("")) {
    throw new AuthError("FIRN_AUTH_HEADER_MALFORMED", "SignedHeaders cannot be read", {
      problem: "componentMalformed",
      given: "SignedHeaders",
    });
  }
  return { text, names, set: new Set(names) };
}

/**
 * x-amz- headers that need not be in the list: the first two are covered by the string to sign and
 * by the canonical request in any case, and the last says nothing that we act on.
 */
const coveredElsewhere: ReadonlySet<string> = new Set([
  "x-amz-date",
  "x-amz-content-sha256",
  "x-amz-user-agent",
]);

/**
 * Whoever holds a signed request may not add to its meaning: host and all x-amz- headers must be
 * signed. Services other than S3 let a session token be added afterwards.
 * @throws FIRN_AUTH_HEADERS_NOT_SIGNED.
 */
export function requireSigned(
  request: SignedRequest,
  list: SignedHeaderList,
  style: SigningStyle,
): void {
  let missing: string[] | undefined;
  if (!list.set.has("host")) missing = ["host"];
  for (const name in request.headers) {
    if (!name.startsWith("x-amz-") || list.set.has(name) || coveredElsewhere.has(name)) continue;
    if (style === "standard" && name === "x-amz-security-token") continue;
    (missing ??= []).push(name);
  }
  if (missing === undefined) return;
  throw new AuthError("FIRN_AUTH_HEADERS_NOT_SIGNED", "headers are not signed", {
    headers: missing.join(", "),
  });
}

/** `name:value` lines from Node's own reading of the headers. */
export function canonicalHeaders(
  headers: SignedRequest["headers"],
  names: readonly string[],
): string {
  const lines = headerLines(headers, names, asReceived);
  return mayNeedTrimming(lines) ? headerLines(headers, names, trimmed) : lines;
}

function headerLines(
  headers: SignedRequest["headers"],
  names: readonly string[],
  normal: (value: string) => string,
): string {
  let out = "";
  for (const name of names) {
    const value = headers[name];
    const text = typeof value === "string" ? normal(value) : (value ?? []).map(normal).join(",");
    out += `${name}:${text}\n`;
  }
  return out;
}

const asReceived = (value: string): string => value;

/** No value holds a line end: no parser lets one in. One look at all lines is faster than one at each; what it finds in vain costs only time. */
function mayNeedTrimming(lines: string): boolean {
  return (
    lines.includes("  ") || lines.includes("\t") || lines.includes(": ") || lines.includes(" \n")
  );
}

/** The same from the lines as received: what is repeated is joined with a bare comma. */
export function canonicalRawHeaders(
  rawHeaders: readonly string[],
  names: readonly string[],
): string {
  const values = new Map<string, string[]>(names.map((name) => [name, []]));
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    values.get((rawHeaders[i] as string).toLowerCase())?.push(trimmed(rawHeaders[i + 1] as string));
  }
  return names.map((name) => `${name}:${(values.get(name) ?? []).join(",")}\n`).join("");
}

/** Only ASCII blanks count: in Latin-1 a no-break space is the second byte of "à". */
function trimmed(value: string): string {
  return value.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "").replace(/[ \t\r\n]+/g, " ");
}
