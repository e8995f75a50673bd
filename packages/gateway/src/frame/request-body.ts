import { gunzipSync } from "node:zlib";
import { AwsChunkedBody, requirePayload, verifyPayload } from "@firn/auth";
import type { PayloadBinding } from "@firn/auth";
import type { FirnError } from "@firn/core";
import { MalformedError } from "@firn/wire";
import type { BodyStream } from "@firn/wire";
import { BodyChunks } from "../http/body-chunks.ts";
import type { HttpRequest } from "../http/http-request.ts";
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
  readonly request: HttpRequest;
  /** Called before the first byte is asked for: answers Expect: 100-continue. */
  readonly onRead: () => void;
}

const EMPTY = new Uint8Array(0);
const NO_TRAILERS: ReadonlyMap<string, string> = new Map();

/**
 * The raw body in one piece.
 * @throws BodyTooLargeError, FIRN_CLIENT_GONE.
 */
export function readRawBody(source: BodySource, limitBytes: number): Promise<Uint8Array> {
  const { request } = source;
  if (!request.hasBody) return Promise.resolve(EMPTY);
  if ((request.announcedBytes ?? 0) > limitBytes) {
    return Promise.reject(new BodyTooLargeError(limitBytes));
  }
  source.onRead();
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.read({
      data(chunk) {
        bytes += chunk.length;
        if (bytes <= limitBytes) chunks.push(chunk);
        else reject(new BodyTooLargeError(limitBytes));
      },
      end() {
        const [only] = chunks;
        resolve(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks));
      },
      gone: () => reject(clientGone(undefined)),
    });
  });
}

/**
 * The raw body if it is here already, as most small ones are; `undefined` when it has to be waited
 * for. @throws BodyTooLargeError.
 */
export function rawBodyAtHand(source: BodySource, limitBytes: number): Uint8Array | undefined {
  const { request } = source;
  if (!request.hasBody) return EMPTY;
  if (!request.complete) return undefined;
  source.onRead();
  if (request.unreadBytes > limitBytes) throw new BodyTooLargeError(limitBytes);
  return request.takeWhole();
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
  if (request.complete && payload.kind !== "chunked") return wholeBody(source, payload);
  const raw = rawChunks(source);
  const length = request.announcedBytes ?? (request.hasBody ? undefined : 0);
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

/**
 * A body that is here: what reads it waits for nothing. Its hash is checked when somebody reads it,
 * as with any other body.
 */
function wholeBody(source: BodySource, payload: PayloadBinding): BodyStream {
  source.onRead();
  const bytes = source.request.takeWhole() ?? EMPTY;
  const takeWhole = (): Uint8Array => {
    requirePayload(payload, bytes);
    return bytes;
  };
  return {
    length: source.request.announcedBytes ?? (source.request.hasBody ? undefined : 0),
    takeWhole,
    trailers: NO_TRAILERS,
    async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
      if (bytes.length > 0) yield await Promise.resolve(takeWhole());
      else takeWhole();
    },
  };
}

async function* rawChunks(source: BodySource): AsyncGenerator<Uint8Array> {
  const { request, onRead } = source;
  if (!request.hasBody) return;
  onRead();
  const whole = request.takeWhole();
  if (whole !== undefined) {
    yield whole;
    return;
  }
  const chunks = new BodyChunks(request);
  try {
    for (;;) {
      const chunk = chunks.take() ?? (await chunks.next());
      if (chunk === undefined) break;
      yield chunk;
    }
  } finally {
    chunks.stop();
  }
  if (chunks.isBroken) throw clientGone(undefined);
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
