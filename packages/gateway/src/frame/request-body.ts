import type { IncomingMessage } from "node:http";
import { gunzipSync } from "node:zlib";
import { AwsChunkedBody, verifyPayload } from "@firn/auth";
import type { PayloadBinding } from "@firn/auth";
import type { FirnError } from "@firn/core";
import { MalformedError } from "@firn/wire";
import type { BodyStream } from "@firn/wire";
import { SMALL_BODY_BYTES } from "./constants.ts";
import { gatewayError } from "./gateway-error.ts";

/** Thrown where a body is longer than its reader allows. */
export class BodyTooLargeError extends Error {
  readonly limitBytes: number;

  constructor(limitBytes: number) {
    super(`The body exceeds ${limitBytes} bytes`);
    this.name = "BodyTooLargeError";
    this.limitBytes = limitBytes;
  }
}

export interface BodySource {
  readonly request: IncomingMessage;
  /** Called before the first byte is asked for: answers Expect: 100-continue. */
  readonly onRead: () => void;
}

const EMPTY = new Uint8Array(0);
const NO_TRAILERS: ReadonlyMap<string, string> = new Map();

/** Whether the request has a body at all. */
export function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers["content-length"];
  return (length !== undefined && length !== "0") || headers["transfer-encoding"] !== undefined;
}

/** Bytes that the client announced; `undefined` without Content-Length. */
export function announcedLength({ headers }: IncomingMessage): number | undefined {
  const length = headers["content-length"];
  return length === undefined ? undefined : Number(length);
}

/**
 * The raw body in one piece.
 * @throws BodyTooLargeError, FIRN_CLIENT_GONE.
 */
export function readRawBody(source: BodySource, limitBytes: number): Promise<Uint8Array> {
  const { request } = source;
  if (!hasBody(request)) return Promise.resolve(EMPTY);
  if ((announcedLength(request) ?? 0) > limitBytes) {
    return Promise.reject(new BodyTooLargeError(limitBytes));
  }
  source.onRead();
  // Events, not an iterator: a small body comes in one chunk, and this costs one promise.
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= limitBytes) chunks.push(chunk);
      else reject(new BodyTooLargeError(limitBytes));
    });
    request.on("end", () => {
      const [only] = chunks;
      resolve(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks));
    });
    request.on("close", () => {
      if (!request.complete) reject(clientGone(undefined));
    });
  });
}

/**
 * Undoes `Content-Encoding: gzip`, in one step: 16 KB may stand for 16 MiB, so that many bodies
 * inflated side by side would have no bound.
 * @throws MalformedError, BodyTooLargeError.
 */
export function decodeContent(body: Uint8Array, encoding: string, limitBytes: number): Uint8Array {
  if (encoding.trim().toLowerCase() !== "gzip") return body;
  try {
    return gunzipSync(body, { maxOutputLength: limitBytes });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ERR_BUFFER_TOO_LARGE") throw new BodyTooLargeError(limitBytes);
    throw new MalformedError({ kind: "encoding", path: "" });
  }
}

/**
 * The body as it comes: verified against its signature, aws-chunked undone. It is to be iterated
 * once; what was handed out is vouched for only when the iteration has ended.
 */
export function openBodyStream(source: BodySource, payload: PayloadBinding): BodyStream {
  const { request } = source;
  const raw = rawChunks(source);
  const length = announcedLength(request) ?? (hasBody(request) ? undefined : 0);
  switch (payload.kind) {
    case "checked":
    case "unsigned":
      return { length, trailers: NO_TRAILERS, [Symbol.asyncIterator]: () => raw };
    case "sha256": {
      const verified = verifyPayload(raw, payload.sha256);
      return { length, trailers: NO_TRAILERS, [Symbol.asyncIterator]: () => verified };
    }
    case "chunked": {
      const body = new AwsChunkedBody(raw, { payload, headers: request.headers });
      return {
        length: body.decodedBytes,
        get trailers() {
          return body.trailers ?? NO_TRAILERS;
        },
        [Symbol.asyncIterator]: () => body[Symbol.asyncIterator](),
      };
    }
  }
}

/** Leaving the iteration early must not destroy the socket: the answer goes out on it. */
async function* rawChunks({ request, onRead }: BodySource): AsyncGenerator<Uint8Array> {
  if (!hasBody(request)) return;
  // A small body comes in one piece: a stream's iterator costs more than all else about it.
  if ((announcedLength(request) ?? Infinity) <= SMALL_BODY_BYTES) {
    yield await readRawBody({ request, onRead }, SMALL_BODY_BYTES);
    return;
  }
  onRead();
  const chunks = request.iterator({ destroyOnReturn: false });
  try {
    for await (const chunk of chunks) yield chunk as Buffer;
  } catch (cause) {
    throw clientGone(cause);
  }
}

/** Everything of a stream in one piece. @throws BodyTooLargeError and what the stream throws. */
export async function collect(
  stream: AsyncIterable<Uint8Array>,
  limitBytes: number,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > limitBytes) throw new BodyTooLargeError(limitBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The client broke the connection off: there is nobody to answer. */
export function clientGone(cause: unknown): FirnError {
  const text = "the client closed the connection before its request was complete";
  return gatewayError("FIRN_CLIENT_GONE", text, { cause });
}
