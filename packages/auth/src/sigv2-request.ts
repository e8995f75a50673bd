import { splitTarget } from "./canonical-uri.ts";
import type { SignedRequest } from "./request.ts";
import { decoded } from "./uri-encoding.ts";

/** What Signature Version 2 for S3 signs of a request. */
export interface SigV2Parts {
  readonly request: SignedRequest;
  /** The Date header, Expires of a presigned URL, or "" beside x-amz-date. */
  readonly date: string;
  /** The bucket, when the host names it. */
  readonly hostBucket?: string | undefined;
  /** Headers that travel in the query of a presigned URL. */
  readonly queryHeaders?: Readonly<Record<string, string>> | undefined;
}

/** Query parameters that name another resource, and those that change an answer's headers. */
const signedParameters: ReadonlySet<string> = new Set([
  ...["accelerate", "acl", "analytics", "attributes", "cors", "defaultObjectAcl", "delete"],
  ...["encryption", "intelligent-tiering", "inventory", "legal-hold", "lifecycle", "location"],
  ...["logging", "metrics", "notification", "object-lock", "ownershipControls", "partNumber"],
  ...["policy", "policyStatus", "publicAccessBlock", "replication", "requestPayment", "restore"],
  ...["retention", "select", "select-type", "tagging", "torrent", "uploadId", "uploads"],
  ...["versionId", "versioning", "versions", "website"],
  ...["response-cache-control", "response-content-disposition", "response-content-encoding"],
  ...["response-content-language", "response-content-type", "response-expires"],
]);

/**
 * The strings to sign that fit the request, mostly one: a bucket alone in the path is signed with
 * a slash behind it by some clients (boto3), and without by others.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html
 */
export function sigV2StringsToSign(parts: SigV2Parts): readonly [string, ...string[]] {
  const { path } = splitTarget(parts.request.url);
  const text = stringToSign(parts, path);
  const isBucket = parts.hostBucket === undefined && /^\/[^/]+$/.test(path);
  return isBucket ? [text, stringToSign(parts, `${path}/`)] : [text];
}

function stringToSign(parts: SigV2Parts, path: string): string {
  const { method, headers } = parts.request;
  const header = (name: string): string => lines(headers[name]).join(",").trim();
  return [
    method,
    header("content-md5"),
    header("content-type"),
    parts.date,
    canonicalHeaders(parts) + canonicalResource(parts, path),
  ].join("\n");
}

function canonicalHeaders({ request, queryHeaders }: SigV2Parts): string {
  const found = new Map<string, string[]>();
  const add = (name: string, value: string): void => {
    const lower = name.toLowerCase();
    if (lower.startsWith("x-amz-")) found.set(lower, [...(found.get(lower) ?? []), value]);
  };
  const { rawHeaders, headers } = request;
  // As received: Node joins repeated lines in another way.
  for (let at = 0; rawHeaders !== undefined && at + 1 < rawHeaders.length; at += 2) {
    add(rawHeaders[at] ?? "", rawHeaders[at + 1] ?? "");
  }
  if (rawHeaders === undefined) {
    for (const [name, value] of Object.entries(headers)) {
      for (const line of lines(value)) add(name, line);
    }
  }
  for (const [name, value] of Object.entries(queryHeaders ?? {})) add(name, value);
  return [...found.keys()]
    .toSorted()
    .map((name) => `${name}:${(found.get(name) ?? []).map(unfolded).join(",")}\n`)
    .join("");
}

function canonicalResource({ request, hostBucket }: SigV2Parts, path: string): string {
  const { query } = splitTarget(request.url);
  const bucket = hostBucket === undefined ? "" : `/${hostBucket}`;
  const signed = query
    .split("&")
    .map((part) => {
      const equals = part.indexOf("=");
      if (equals < 0) return { name: decoded(part), text: decoded(part) };
      const name = decoded(part.slice(0, equals));
      const value = decoded(part.slice(equals + 1));
      return { name, text: value === "" ? name : `${name}=${value}` };
    })
    .filter(({ name }) => signedParameters.has(name))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1));
  const subresource = signed.length === 0 ? "" : `?${signed.map(({ text }) => text).join("&")}`;
  return bucket + path + subresource;
}

function lines(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === "string" ? [value] : value;
}

function unfolded(value: string): string {
  return value.trim().replaceAll(/\s+/g, " ");
}
