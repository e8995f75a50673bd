import { canonicalEncoding } from "./uri-encoding.ts";

/**
 * `s3` signs the path as it is, encoded once, wants the body's form declared and every x-amz-
 * header signed. `standard` services sign a tidied path, encoded again, and the body's hash.
 */
export type SigningStyle = "s3" | "standard";

/** Path and query of a request target, both without the `?`. */
export function splitTarget(url: string): { readonly path: string; readonly query: string } {
  const mark = url.indexOf("?");
  if (mark < 0) return { path: url, query: "" };
  return { path: url.slice(0, mark), query: url.slice(mark + 1) };
}

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
export function canonicalPath(path: string, style: SigningStyle): string {
  if (path === "" || path === "/") return "/";
  if (style === "s3") return canonicalEncoding(path, { slash: true });
  return canonicalEncoding(withoutDotSegments(path), { slash: true, twice: true });
}

function withoutDotSegments(path: string): string {
  const kept: string[] = [];
  const segments = path.split("/");
  for (const segment of segments) {
    if (segment === "..") kept.pop();
    else if (segment !== "" && segment !== ".") kept.push(segment);
  }
  const last = segments.at(-1);
  const closed = last === "" || last === "." || last === "..";
  return kept.length === 0 ? "/" : `/${kept.join("/")}${closed ? "/" : ""}`;
}

export interface QueryRules {
  /** Names left out: in presigned requests X-Amz-Signature, which signs the rest. */
  readonly without?: readonly string[] | undefined;
  readonly plusIsSpace?: boolean | undefined;
}

const onePair = /^[A-Za-z0-9\-._~]+=[A-Za-z0-9\-._~]*$/;

/** Names and values in canonical encoding, sorted by name, then by value. */
export function canonicalQuery(query: string, rules: QueryRules = {}): string {
  if (query === "" || (rules.without === undefined && onePair.test(query))) return query;
  const encoding = { plusIsSpace: rules.plusIsSpace };
  const pairs: [name: string, value: string][] = [];
  for (const part of query.split("&")) {
    if (part === "") continue;
    const equals = part.indexOf("=");
    const name = canonicalEncoding(equals < 0 ? part : part.slice(0, equals), encoding);
    if (rules.without?.includes(name) === true) continue;
    pairs.push([name, equals < 0 ? "" : canonicalEncoding(part.slice(equals + 1), encoding)]);
  }
  pairs.sort(([a, x], [b, y]) => (a === b ? compare(x, y) : compare(a, b)));
  return pairs.map(([name, value]) => `${name}=${value}`).join("&");
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
