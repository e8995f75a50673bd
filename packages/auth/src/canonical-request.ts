import { hash } from "node:crypto";
import { canonicalPath, canonicalQuery, splitTarget } from "./canonical-uri.ts";
import type { SigningStyle } from "./canonical-uri.ts";
import type { SignatureForm, SignedRequest } from "./request.ts";
import {
  headerLines,
  mayNeedTrimming,
  rawHeaderLines,
  trimmedHeaderLines,
} from "./signed-headers.ts";
import type { SignedHeaderList } from "./signed-headers.ts";

export interface CanonicalParts {
  readonly request: SignedRequest;
  readonly list: SignedHeaderList;
  readonly payloadHash: string;
  readonly style: SigningStyle;
  readonly form: SignatureForm;
}

const unsigned: Readonly<Record<SignatureForm, readonly string[] | undefined>> = {
  header: undefined,
  presigned: ["X-Amz-Signature"],
};

/** The canonical request as nearly every signer builds it. */
export function canonicalRequest(parts: CanonicalParts): string {
  const { headers, url } = parts.request;
  const { names } = parts.list;
  const { path, query } = splitTarget(url);
  const canonical: [string, string] = [
    canonicalPath(path, parts.style),
    canonicalQuery(query, { without: unsigned[parts.form], plusIsSpace: true }),
  ];
  const text = compose(parts, canonical, headerLines(headers, names));
  if (!mayNeedTrimming(text)) return text;
  return compose(parts, canonical, trimmedHeaderLines(headers, names));
}

function compose(
  parts: CanonicalParts,
  [path, query]: readonly [string, string],
  headers: string,
): string {
  const { request, list, payloadHash } = parts;
  return `${request.method}\n${path}\n${query}\n${headers}\n${list.text}\n${payloadHash}`;
}

const tokenAddedLater = ["X-Amz-Signature", "X-Amz-Security-Token"];

/**
 * SHA-256 of every canonical request that may be meant by the same bytes, the usual one left out.
 * Signers differ in what they do with a path that was not encoded fully, with `+`, with repeated
 * headers and with bytes above 127; services other than S3 let a session token be added to a URL
 * after signing. All readings cover the same bytes, but for that token, so none is weaker.
 */
export function* otherReadings(parts: CanonicalParts): Generator<string> {
  const usual = canonicalRequest(parts);
  const { request, list } = parts;
  const { path, query } = splitTarget(request.url);
  const paths = [canonicalPath(path, parts.style)];
  if (parts.style === "s3") paths.push(path);
  const queries = [canonicalQuery(query, { without: unsigned[parts.form], plusIsSpace: true })];
  if (query.includes("+")) queries.push(canonicalQuery(query, { without: unsigned[parts.form] }));
  if (parts.style === "standard" && parts.form === "presigned") {
    queries.push(canonicalQuery(query, { without: tokenAddedLater, plusIsSpace: true }));
  }
  const headers = [trimmedHeaderLines(request.headers, list.names)];
  if (request.rawHeaders) headers.push(rawHeaderLines(request.rawHeaders, list.names));
  const texts = paths.flatMap((p) =>
    queries.flatMap((q) => headers.map((h) => compose(parts, [p, q], h))),
  );
  for (const text of new Set(texts)) {
    if (text !== usual) yield hash("sha256", text);
    // Node reads header bytes as Latin-1: the bytes that were sent may be what was signed.
    if (/[^\0-\x7f]/.test(text)) yield hash("sha256", Buffer.from(text, "latin1"));
  }
}
