import { ServiceError } from "@firn/wire";
import type { BodyStream } from "@firn/wire";
import type { RawRequest } from "../frame/context.ts";

/**
 * Bytes that the body of an upload has; `undefined` when it is sent in HTTP's own chunks. A request
 * that says nothing of its length is refused.
 */
export function bodyLength(body: BodyStream, raw: RawRequest): number | undefined {
  const { headers } = raw;
  const said = headers["content-length"] ?? headers["x-amz-decoded-content-length"];
  if (body.length !== undefined && said !== undefined) return body.length;
  if (headers["transfer-encoding"] !== undefined) return undefined;
  const text = "You must provide the Content-Length HTTP header.";
  throw new ServiceError("MissingContentLength", 411, text);
}
