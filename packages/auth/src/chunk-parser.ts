import { createHash, hash } from "node:crypto";
import type { Hash } from "node:crypto";
import { AuthError } from "./auth-error.ts";
import { parseChunkHeader } from "./chunk-header.ts";
import { ChunkSignatures } from "./chunk-signatures.ts";
import { parseTrailers } from "./chunk-trailers.ts";
import { CHUNK_BYTES_MIN, CHUNK_HEADER_BYTES_MAX, TRAILER_BYTES_MAX } from "./constants.ts";
import type { ChunkSigning } from "./request.ts";

export interface ChunkParserOptions {
  readonly decodedBytes: number;
  readonly signing: ChunkSigning | undefined;
  readonly trailer: boolean;
  /** Lower-case names that x-amz-trailer announces. */
  readonly announced: readonly string[];
}

type State = "header" | "data" | "dataEnd" | "trailer";
const LF = 0x0a;

/**
 * The framing of aws-chunked, taken off bytes that come in pieces of any size:
 *
 *     chunk   = hex-size [ ";chunk-signature=" 64hex ] CRLF bytes CRLF
 *     last    = "0" [ ";chunk-signature=" 64hex ] CRLF *( name ":" value CRLF ) CRLF
 *
 * Payload bytes are handed out as subarrays of the input, never copied; only header lines and the
 * trailer section, both bounded, are put together. A chunk that lies in one piece is verified
 * before it is handed out, any other when its last byte is in.
 */
export class ChunkParser {
  readonly #options: ChunkParserOptions;
  readonly #signatures: ChunkSignatures | undefined;
  #state: State = "header";
  /** Bytes of a header line, a line end or the trailer section that are not complete yet. */
  #held = "";
  #chunkBytes = 0;
  #chunkLeft = 0;
  #chunkCount = 0;
  #chunkSignature: string | undefined;
  #chunkHash: Hash | undefined;
  #decodedBytes = 0;

  constructor(options: ChunkParserOptions) {
    this.#options = options;
    this.#signatures = options.signing && new ChunkSignatures(options.signing);
  }

  /** Takes the next piece, yields the payload in it. @throws FIRN_CHUNK_… */
  *push(input: Uint8Array): Generator<Uint8Array, void, undefined> {
    let at = 0;
    while (at < input.length) {
      if (this.#state === "data") {
        const payload = input.subarray(at, at + this.#chunkLeft);
        at += payload.length;
        this.#take(payload);
        yield payload;
      } else if (this.#state === "trailer") {
        this.#hold(input.subarray(at), TRAILER_BYTES_MAX, "FIRN_CHUNK_TRAILER_MALFORMED");
        return;
      } else {
        const end = input.indexOf(LF, at);
        const piece = input.subarray(at, end < 0 ? input.length : end + 1);
        this.#hold(piece, CHUNK_HEADER_BYTES_MAX, "FIRN_CHUNK_MALFORMED");
        at += piece.length;
        if (end >= 0) this.#line();
      }
    }
  }

  /** The input has ended: returns the trailers. @throws FIRN_CHUNK_… unless all of it was there. */
  finish(): ReadonlyMap<string, string> {
    if (this.#state !== "trailer") {
      throw new AuthError("FIRN_CHUNK_TRUNCATED", "the body ends inside a chunk");
    }
    const { announced, decodedBytes, trailer } = this.#options;
    if (this.#decodedBytes !== decodedBytes) throw this.#lengthMismatch();
    const trailers = parseTrailers(this.#held, { allowed: trailer, announced });
    if (trailer) this.#signatures?.verifyTrailers(trailers.values, trailers.signature);
    return trailers.values;
  }

  #hold(
    piece: Uint8Array,
    max: number,
    code: "FIRN_CHUNK_MALFORMED" | "FIRN_CHUNK_TRAILER_MALFORMED",
  ): void {
    if (this.#held.length + piece.length > max) {
      throw new AuthError(code, `more than ${max} bytes between the chunks`);
    }
    this.#held += Buffer.from(piece.buffer, piece.byteOffset, piece.length).toString("latin1");
  }

  /** A whole line is held: a chunk's header, or the line end behind its bytes. */
  #line(): void {
    const line = this.#held.endsWith("\r\n") ? this.#held.slice(0, -2) : undefined;
    this.#held = "";
    if (line === undefined || (this.#state === "dataEnd" && line !== "")) {
      throw new AuthError("FIRN_CHUNK_MALFORMED", "a chunk does not end where its size says");
    }
    if (this.#state === "dataEnd") this.#state = "header";
    else this.#begin(line);
  }

  #begin(line: string): void {
    const { bytes, signature } = parseChunkHeader(line, this.#signatures !== undefined);
    if (bytes > 0 && this.#chunkCount > 0 && this.#chunkBytes < CHUNK_BYTES_MIN) {
      throw new AuthError("FIRN_CHUNK_TOO_SMALL", "a chunk below 8 KiB is not the last", {
        chunk: this.#chunkCount + 1, // S3 counts the one that shows it
        bytes: this.#chunkBytes,
      });
    }
    this.#decodedBytes += bytes;
    if (this.#decodedBytes > this.#options.decodedBytes) throw this.#lengthMismatch();
    this.#chunkSignature = signature;
    if (bytes === 0) {
      if (signature !== undefined) this.#signatures?.verifyChunk(hash("sha256", ""), signature);
      this.#state = "trailer";
      return;
    }
    this.#chunkCount++;
    this.#chunkBytes = bytes;
    this.#chunkLeft = bytes;
    this.#state = "data";
  }

  #take(payload: Uint8Array): void {
    this.#chunkLeft -= payload.length;
    const last = this.#chunkLeft === 0;
    if (last) this.#state = "dataEnd";
    if (this.#signatures === undefined || this.#chunkSignature === undefined) return;
    if (last && payload.length === this.#chunkBytes) {
      this.#signatures.verifyChunk(hash("sha256", payload), this.#chunkSignature);
      return;
    }
    this.#chunkHash ??= createHash("sha256");
    this.#chunkHash.update(payload);
    if (!last) return;
    const digest = this.#chunkHash.digest("hex");
    this.#chunkHash = undefined;
    this.#signatures.verifyChunk(digest, this.#chunkSignature);
  }

  #lengthMismatch(): AuthError {
    return new AuthError("FIRN_CHUNK_LENGTH_MISMATCH", "more or fewer bytes than declared", {
      declared: this.#options.decodedBytes,
      decoded: this.#decodedBytes,
    });
  }
}
