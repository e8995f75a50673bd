import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { crc32 } from "node:zlib";
import type { Protocol, WireResponse } from "@firn/wire";
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
  response: ServerResponse,
  { status, headers, body }: WireResponse,
  frame: ResponseFrame,
): number | Promise<number> {
  addFrameHeaders(headers, frame);
  if (frame.method === "HEAD" || status === 204 || status === 304) {
    response.writeHead(status, headers).end();
    return 0;
  }
  if (body === undefined || typeof body === "string" || body instanceof Uint8Array) {
    return sendWhole(response, status, { headers, body: body ?? "", protocol: frame.protocol });
  }
  const announced = headers["content-length"];
  return sendStream(response, body, {
    bytes: announced === undefined ? undefined : Number(announced),
    write: () => response.writeHead(status, headers),
  });
}

interface ResponseHead {
  /** Announced length of the body. */
  readonly bytes: number | undefined;
  readonly write: () => void;
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
  response: ServerResponse,
  status: number,
  { headers, body, protocol }: WholeBody,
): number {
  const bytes = typeof body === "string" ? Buffer.byteLength(body) : body.length;
  headers["content-length"] = String(bytes);
  if (protocol === "json-1.0" || protocol === "json-1.1") {
    headers["x-amz-crc32"] = String(crc32(body as Buffer));
  }
  response.writeHead(status, headers).end(body);
  return bytes;
}

/** The head goes out with the first bytes: a body that cannot be read at all is still an error. */
async function sendStream(
  response: ServerResponse,
  body: AsyncIterable<Uint8Array>,
  head: ResponseHead,
): Promise<number> {
  let bytes = 0;
  for await (const chunk of body) {
    if (response.destroyed) throw clientGone(undefined);
    if (!response.headersSent) head.write();
    bytes += chunk.length;
    // The last bytes end the response: head and body of a small object leave in one system call.
    if (bytes === head.bytes) response.end(chunk);
    else if (!response.write(chunk)) await drained(response);
  }
  if (!response.headersSent) head.write();
  if (!response.writableEnded) response.end();
  return bytes;
}

/** Waits until the socket takes more, or is gone: a vanished client must not hold the reader. */
async function drained(response: ServerResponse): Promise<void> {
  const stop = new AbortController();
  try {
    const { signal } = stop;
    await Promise.race([once(response, "drain", { signal }), once(response, "close", { signal })]);
  } finally {
    stop.abort();
  }
}
