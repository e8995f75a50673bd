import { credentialScope } from "@firn/auth";
import type { RawRequest } from "../../frame/context.ts";
import type { ServedRequest } from "../../frame/service.ts";
import { loggedOperation } from "./logged-operation.ts";

export interface LoggedBucket {
  readonly name: string;
  /** Canonical id of who owns it. */
  readonly owner: string;
  /** Percent-encoded, without the slash in front; empty for the bucket itself. */
  readonly key: string;
  /** Of the request, milliseconds since 1970 UTC. */
  readonly timeMs: number;
}

/**
 * A line of S3's server access logs. What comes from clients keeps its place: quotes are encoded,
 * and nothing of it ends a line.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
 */
export function accessLine(request: ServedRequest, bucket: LoggedBucket): string {
  const { raw, responseHeaders, caller } = request;
  const { headers, method } = raw;
  const url = raw.queryString === "" ? raw.path : `${raw.path}?${raw.queryString}`;
  const tls = request.tls();
  const fields = [
    bucket.owner,
    bucket.name,
    logTime(bucket.timeMs),
    plain(raw.remoteAddress),
    requesterOf(caller),
    request.requestId,
    loggedOperation(request.operation, method),
    plain(bucket.key),
    quoted(`${method} ${url} HTTP/1.1`),
    String(request.status),
    plain(request.error ?? ""),
    numberOr(request.bytes),
    numberOr(objectSize(request)),
    String(Math.round(request.totalMs)),
    String(Math.round(request.turnAroundMs)),
    quoted(headers.referer ?? "-"),
    quoted(headers["user-agent"] ?? "-"),
    plain(responseHeaders["x-amz-version-id"] ?? ""),
    request.requestId,
    caller === undefined || caller.isAnonymous === true ? "-" : "SigV4",
    tls?.cipher ?? "-",
    authTypeOf(raw),
    plain(raw.host),
    tls?.version ?? "-",
    "-",
    "-",
  ];
  return fields.join(" ");
}

function requesterOf(caller: ServedRequest["caller"]): string {
  if (caller === undefined || caller.isAnonymous === true) return "-";
  return caller.isRoot ? caller.canonicalId : caller.arn;
}

function authTypeOf(raw: RawRequest): string {
  if (raw.headers.authorization !== undefined) return "AuthHeader";
  const named = { headers: raw.headers, url: `${raw.path}?${raw.queryString}`, method: raw.method };
  return credentialScope(named) === undefined ? "-" : "QueryString";
}

/** Of what was read the whole object's, of what was written the body's. */
function objectSize({ raw, responseHeaders, status }: ServedRequest): number {
  if (status >= 300) return 0;
  const of = /\/(\d+)$/.exec(responseHeaders["content-range"] ?? "")?.[1];
  if (of !== undefined) return Number(of);
  if (raw.method === "PUT" || raw.method === "POST") {
    const { headers } = raw;
    return Number(headers["x-amz-decoded-content-length"] ?? headers["content-length"] ?? 0);
  }
  return Number(responseHeaders["content-length"] ?? 0);
}

function numberOr(value: number): string {
  return value > 0 ? String(value) : "-";
}

/** `[06/Feb/2019:00:00:38 +0000]`. */
function logTime(ms: number): string {
  const [, day, month, year, time] = /, (\d+) (\w+) (\d+) ([\d:]+)/.exec(
    new Date(ms).toUTCString(),
  ) as unknown as [string, string, string, string, string];
  return `[${day}/${month}/${year}:${time} +0000]`;
}

/** A field that ends at the next blank. */
function plain(text: string): string {
  return text === "" ? "-" : text.replaceAll(/[^\x21-\x7e]|"/g, encoded);
}

function quoted(text: string): string {
  return `"${text.replaceAll(/[^\x20-\x7e]|"/g, encoded)}"`;
}

function encoded(character: string): string {
  return encodeURIComponent(Buffer.from(character).toString());
}
