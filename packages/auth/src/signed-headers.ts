import { AuthError } from "./auth-error.ts";
import type { SigningStyle } from "./canonical-uri.ts";
import { SIGNED_HEADERS_MAX } from "./constants.ts";
import type { SignedRequest } from "./request.ts";

/** A SignedHeaders list, read once and kept. */
export interface SignedHeaderList {
  /** As given: lower-case, joined by `;`. A name in capitals is one that no request has. */
  readonly text: string;
  readonly names: readonly string[];
  readonly set: ReadonlySet<string>;
}

/** @throws FIRN_AUTH_HEADER_MALFORMED for empty names and for more than 256. */
export function parseSignedHeaders(text: string): SignedHeaderList {
  const names = text.split(";").map(interned);
  if (names.length > SIGNED_HEADERS_MAX || names.includes("")) {
    throw new AuthError("FIRN_AUTH_HEADER_MALFORMED", "SignedHeaders cannot be read", {
      problem: "componentMalformed",
      given: "SignedHeaders",
    });
  }
  return { text, names, set: new Set(names) };
}

/** The engine's own copy of a name: looking one up by a slice of another string is slower. */
function interned(name: string): string {
  return Object.keys({ [name]: true })[0] as string;
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

/** `name:value` lines from Node's own reading of the headers, blanks as they came. */
export function headerLines(headers: SignedRequest["headers"], names: readonly string[]): string {
  let lines = "";
  for (const name of names) {
    const value = headers[name];
    lines += `${name}:${typeof value === "string" ? value : (value ?? []).join(",")}\n`;
  }
  return lines;
}

/**
 * Whether a canonical request has blanks that may have to go. One look at the whole is faster than
 * one at each value; what it finds in vain costs only time. No parser lets line ends into a value.
 */
export function mayNeedTrimming(text: string): boolean {
  return text.includes("  ") || text.includes("\t") || text.includes(": ") || text.includes(" \n");
}

/** The lines in canonical form: blanks around values gone, those inside made one. */
export function trimmedHeaderLines(
  headers: SignedRequest["headers"],
  names: readonly string[],
): string {
  const values = names.map((name) => [headers[name] ?? []].flat().map(trimmed).join(","));
  return names.map((name, i) => `${name}:${values[i]}\n`).join("");
}

/** The same from the lines as received: what is repeated is joined with a bare comma. */
export function rawHeaderLines(rawHeaders: readonly string[], names: readonly string[]): string {
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
