import { AuthError } from "./auth-error.ts";
import { ChunkParser } from "./chunk-parser.ts";
import type { ChunkedPayload, SignedRequest } from "./request.ts";

export interface AwsChunkedBodyOptions {
  /** What `verify` said of the body. */
  readonly payload: ChunkedPayload;
  /** For `x-amz-decoded-content-length` and `x-amz-trailer`. */
  readonly headers: SignedRequest["headers"];
}

/**
 * An aws-chunked body without its framing, to be iterated once. Yields subarrays of what `source`
 * yields. What was handed out is vouched for only when the iteration has ended without an error:
 * commit nothing before.
 */
export class AwsChunkedBody implements AsyncIterable<Uint8Array> {
  /** Length of the decoded body in bytes, as declared; the iteration fails on any other. */
  readonly decodedBytes: number;
  readonly #source: AsyncIterable<Uint8Array>;
  readonly #parser: ChunkParser;
  #trailers: ReadonlyMap<string, string> | undefined;

  /** @throws FIRN_CHUNK_LENGTH_MISSING without a readable `x-amz-decoded-content-length`. */
  constructor(source: AsyncIterable<Uint8Array>, options: AwsChunkedBodyOptions) {
    const { payload, headers } = options;
    this.decodedBytes = decodedLength(headers);
    this.#source = source;
    this.#parser = new ChunkParser({
      decodedBytes: this.decodedBytes,
      signing: payload.signing,
      trailer: payload.trailer,
      announced: trailerNames(headers),
    });
  }

  /**
   * The trailers by lower-case name, such as `x-amz-checksum-crc32`: for the caller to compare.
   * `undefined` until the iteration has ended.
   */
  get trailers(): ReadonlyMap<string, string> | undefined {
    return this.#trailers;
  }

  /**
   * @throws FIRN_CHUNK_SIGNATURE_MISMATCH, FIRN_CHUNK_MALFORMED, FIRN_CHUNK_TOO_SMALL,
   * FIRN_CHUNK_TRAILER_MALFORMED, FIRN_CHUNK_TRUNCATED, FIRN_CHUNK_LENGTH_MISMATCH, and what
   * `source` throws.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const input of this.#source) yield* this.#parser.push(input);
    this.#trailers = this.#parser.finish();
  }
}

function decodedLength(headers: SignedRequest["headers"]): number {
  const text = headers["x-amz-decoded-content-length"];
  const bytes = typeof text === "string" && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  if (bytes === undefined) {
    throw new AuthError("FIRN_CHUNK_LENGTH_MISSING", "no x-amz-decoded-content-length");
  }
  return bytes;
}

function trailerNames(headers: SignedRequest["headers"]): string[] {
  const text = headers["x-amz-trailer"];
  if (typeof text !== "string") return [];
  return text
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "");
}
