import { createHash } from "node:crypto";
import { FirnError } from "@firn/core";
import type { Store, StagedBlob, Transaction } from "@firn/core";
import { HASH_BYTES, UPLOAD_BYTES_MAX } from "./constants.ts";
import { archiveError, invalid } from "./errors.ts";
import type { Piece } from "./records.ts";
import { TreeHasher, toHex } from "./tree-hash.ts";
import { checkHash } from "./validation.ts";

/** Bytes of an upload: all at once, or as they come. */
export type Body = Uint8Array | AsyncIterable<Uint8Array>;

export interface StageOptions {
  readonly body: Body;
  /** Expected tree hash in hex; with a mismatch nothing is stored. */
  readonly checksum?: string | undefined;
  /** Expected SHA-256 of the bytes as one run, in hex; computed only when given. */
  readonly contentSha256?: string | undefined;
  /** Most bytes, default 4 GiB. */
  readonly bytesMax?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Bytes that are on the disk and hashed, and belong to nothing yet. */
export interface StagedPiece {
  readonly blob: StagedBlob;
  readonly leaves: StagedBlob | undefined;
  readonly treeHash: Uint8Array;
  readonly bytes: number;
}

/**
 * Streams bytes to the disk while hashing them, and checks the hashes. One MiB is buffered by the
 * store, 32 bytes are kept per MiB. When it throws, nothing of it is left.
 * @throws FIRN_TREE_HASH_MISMATCH, FIRN_ARCHIVE_PARAMETER_INVALID (empty, too long), FIRN_ABORTED.
 */
export async function stagePiece(store: Store, options: StageOptions): Promise<StagedPiece> {
  const expected = options.checksum === undefined ? undefined : checkHash(options.checksum);
  const linear = options.contentSha256 === undefined ? undefined : createHash("sha256");
  const hasher = new TreeHasher();
  const observe = (chunk: Uint8Array): void => {
    hasher.update(chunk);
    linear?.update(chunk);
  };
  const blob = await store.blobs.stage(tap(options, observe));
  try {
    const { treeHash, leaves, bytes } = hasher.digest();
    if (bytes === 0) throw invalid("Invalid Content-Length: 0");
    checkDigest(expected, toHex(treeHash));
    if (linear !== undefined) checkDigest(options.contentSha256, linear.digest("hex"));
    const leavesBlob = leaves.length > HASH_BYTES ? await store.blobs.stage(leaves) : undefined;
    return { blob, leaves: leavesBlob, treeHash, bytes };
  } catch (error) {
    store.blobs.discard(blob);
    throw error;
  }
}

/** Gives the room of what no transaction has attached back at once. */
export function discardPiece(store: Store, { blob, leaves }: StagedPiece): void {
  store.blobs.discard(blob);
  if (leaves !== undefined) store.blobs.discard(leaves);
}

/** Makes staged bytes part of the store, referenced once. */
export function attachPiece(tx: Transaction, staged: StagedPiece): Piece {
  const { treeHash, bytes } = staged;
  const blob = tx.attachBlob(staged.blob);
  if (staged.leaves === undefined) return { blob, treeHash, bytes };
  return { blob, leaves: tx.attachBlob(staged.leaves), treeHash, bytes };
}

async function* tap(
  options: StageOptions,
  observe: (chunk: Uint8Array) => void,
): AsyncGenerator<Uint8Array, void, void> {
  const max = options.bytesMax ?? UPLOAD_BYTES_MAX;
  const source = options.body instanceof Uint8Array ? [options.body] : options.body;
  let bytes = 0;
  for await (const chunk of source) {
    if (options.signal?.aborted) {
      throw new FirnError("aborted", "FIRN_ABORTED", "The upload was aborted", {
        cause: options.signal.reason,
      });
    }
    bytes += chunk.length;
    if (bytes > max) throw invalid(`The body is longer than ${max} bytes`);
    observe(chunk);
    yield chunk;
  }
}

function checkDigest(expected: string | undefined, computed: string): void {
  if (expected === undefined || expected.toLowerCase() === computed) return;
  const message = `Checksum mismatch: expected ${expected}, computed ${computed}`;
  throw archiveError("FIRN_TREE_HASH_MISMATCH", message, { detail: { expected, computed } });
}
