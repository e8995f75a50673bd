import { hash } from "node:crypto";
import { AuthError } from "./auth-error.ts";
import { EMPTY_SHA256 } from "./payload-binding.ts";
import type { ChunkSigning } from "./request.ts";

/**
 * The chain of signatures in a body: each covers the one before, the first the request's own, so
 * that chunks can be neither changed, swapped, left out nor taken from another request.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 */
export class ChunkSignatures {
  readonly #signing: ChunkSigning;
  #previous: string;

  constructor(signing: ChunkSigning) {
    this.#signing = signing;
    this.#previous = signing.seedSignature;
  }

  /** @throws FIRN_CHUNK_SIGNATURE_MISMATCH. */
  verifyChunk(sha256: string, signature: string): void {
    this.#verify("AWS4-HMAC-SHA256-PAYLOAD", `${EMPTY_SHA256}\n${sha256}`, signature);
  }

  /** @throws FIRN_CHUNK_SIGNATURE_MISMATCH, without a signature too. */
  verifyTrailers(trailers: ReadonlyMap<string, string>, signature: string | undefined): void {
    const lines = [...trailers].map(([name, value]) => `${name}:${value}\n`).toSorted();
    this.#verify("AWS4-HMAC-SHA256-TRAILER", hash("sha256", lines.join("")), signature ?? "");
  }

  #verify(algorithm: string, text: string, signature: string): void {
    const { timestamp, scope, accessKeyId } = this.#signing;
    const stringToSign = `${algorithm}\n${timestamp}\n${scope}\n${this.#previous}\n${text}`;
    if (!this.#signing.verify(stringToSign, signature)) {
      throw new AuthError("FIRN_CHUNK_SIGNATURE_MISMATCH", "a signature does not fit its chunk", {
        accessKeyId,
        signature,
        stringToSign,
      });
    }
    this.#previous = signature;
  }
}
