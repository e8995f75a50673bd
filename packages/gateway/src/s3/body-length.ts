import { ServiceError } from "@firn/wire";
import type { BodyStream } from "@firn/wire";
import type { RawRequest } from "../frame/context.ts";

/**
 * Bytes that the body of an upload has. S3 wants to know before it reads: HTTP's own chunked
 * transfer without `x-amz-decoded-content-length` is refused, and so is no word at all.
 */
export function bodyLength(body: BodyStream, raw: RawRequest): number {
  const { headers } = raw;
  const said = headers["content-length"] ?? headers["x-amz-decoded-content-length"];
  if (body.length !== undefined && said !== undefined) return body.length;
  if (headers["transfer-encoding"] !== undefined) {
    const text = "A header you provided implies functionality that is not implemented";
    const members = { Header: "Transfer-Encoding" };
    throw new ServiceError("NotImplemented", 501, text, { members });
  }
  const text = "You must provide the Content-Length HTTP header.";
  throw new ServiceError("MissingContentLength", 411, text);
}
