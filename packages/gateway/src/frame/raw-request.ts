import type { HttpRequest } from "../http/http-request.ts";
import type { RawRequest } from "./context.ts";
import { bucketOfHost } from "./service-locator.ts";

/** The parts of a request line; for S3 with the bucket of the host in front of the path. */
export function rawRequest(request: HttpRequest, virtualHosts: boolean): RawRequest {
  const { method, headers, remoteAddress, isEncrypted } = request;
  const { path, queryString } = splitTarget(request.url);
  const host = headers["host"] ?? "";
  const bucket = virtualHosts ? bucketOfHost(host) : undefined;
  return {
    method,
    path: bucket === undefined ? path : `/${bucket}${path}`,
    queryString,
    headers,
    host,
    remoteAddress,
    isEncrypted,
  };
}

interface Target {
  readonly path: string;
  readonly queryString: string;
}

/** Path and query of a request target; the absolute form (through a proxy) loses its origin. */
export function splitTarget(url: string): Target {
  const target = url.startsWith("/") ? url : url.replace(/^[a-z]+:\/\/[^/?]*/i, "");
  const mark = target.indexOf("?");
  if (mark < 0) return { path: target, queryString: "" };
  return { path: target.slice(0, mark), queryString: target.slice(mark + 1) };
}
