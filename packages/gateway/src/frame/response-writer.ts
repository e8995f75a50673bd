import { crc32 } from "node:zlib";
import type { Protocol, WireResponse } from "@firn/wire";
import type { HttpResponse } from "../http/http-response.ts";
import { clientGone } from "./request-body.ts";

export interface ResponseFrame {
  readonly method: string;
  readonly protocol: Protocol;
  readonly requestId: string;
  /** Headers of the service's own. */
  readonly extra: Readonly<Record<string, string>> | undefined;
}

/**
 * Sends a response; gives the bytes of its body when they are handed to the socket: at once for
 * what is in memory.
 * @throws what a streamed body throws: after the head is out the caller can only break off.
 */
export function sendResponse(
  response: HttpResponse,
  { status, headers, body }: WireResponse,
  frame: ResponseFrame,
): number | Promise<number> {
  addFrameHeaders(headers, frame);
  if (frame.method === "HEAD" || status === 204 || status === 304) {
    response.sendHead(status, headers);
    return 0;
  }
  if (body === undefined || typeof body === "string" || body instanceof Uint8Array) {
    return sendWhole(response, status, { headers, body: body ?? "", protocol: frame.protocol });
  }
  return sendStream(response, body, () => response.open(status, headers));
}

function addFrameHeaders(headers: Record<string, string>, frame: ResponseFrame): void {
  const { protocol, requestId, extra } = frame;
  if (protocol === "rest-xml") {
    headers["x-amz-request-id"] = requestId;
    headers["x-amz-id-2"] = requestId;
  } else headers["x-amzn-requestid"] = requestId;
  if (extra !== undefined) Object.assign(headers, extra);
}

interface WholeBody {
  readonly headers: Record<string, string>;
  readonly body: string | Uint8Array;
  readonly protocol: Protocol;
}

function sendWhole(
  response: HttpResponse,
  status: number,
  { headers, body, protocol }: WholeBody,
): number {
  if (protocol === "json-1.0" || protocol === "json-1.1") {
    headers["x-amz-crc32"] = String(crc32(body as Buffer));
  }
  return response.send(status, headers, body);
}

/** The head goes out with the first bytes: a body that cannot be read at all is still an error. */
async function sendStream(
  response: HttpResponse,
  body: AsyncIterable<Uint8Array>,
  open: () => void,
): Promise<number> {
  let bytes = 0;
  for await (const chunk of body) {
    if (response.isGone) throw clientGone(undefined);
    if (!response.headSent) open();
    bytes += chunk.length;
    // A vanished client must not hold the reader.
    if (!response.write(chunk)) await response.drained();
  }
  if (!response.headSent) open();
  response.end();
  return bytes;
}
