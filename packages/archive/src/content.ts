import type { BlobId, Store, Transaction } from "@firn/core";
import type { ByteRange } from "./byte-range.ts";
import { HASH_BYTES, TREE_LEAF_BYTES } from "./constants.ts";
import type { Content, Piece } from "./records.ts";
import { TreeHashCombiner } from "./tree-hash.ts";

/** Every blob of the pieces: what has to be retained or released with them. */
function* blobsOf(pieces: readonly Piece[]): Generator<BlobId, void, void> {
  for (const piece of pieces) {
    yield piece.blob;
    if (piece.leaves !== undefined) yield piece.leaves;
  }
}

export function retainPieces(tx: Transaction, pieces: readonly Piece[]): void {
  for (const blob of blobsOf(pieces)) tx.retainBlob(blob);
}

export function releasePieces(tx: Transaction, pieces: readonly Piece[]): void {
  for (const blob of blobsOf(pieces)) tx.releaseBlob(blob);
}

/** The pieces that hold the range, and where the range begins within them. */
export function cutContent(
  content: Content,
  range: ByteRange,
): { readonly content: Content; readonly skip: number } {
  const first = Math.floor(range.start / content.pieceBytes);
  const last = Math.ceil(range.end / content.pieceBytes);
  return {
    content: { ...content, pieces: content.pieces.slice(first, last) },
    skip: range.start - first * content.pieceBytes,
  };
}

/** The bytes of a range, read and verified as they are asked for. */
export async function* readContent(
  store: Store,
  content: Content,
  range: ByteRange,
): AsyncGenerator<Uint8Array, void, void> {
  for (const { piece, start, end } of overlaps(content, range)) {
    yield* store.blobs.read(piece.blob, { start, end });
  }
}

/**
 * The tree hash of a range of whole MiB (or up to the end), from the leaves kept beside the bytes:
 * 32 bytes are read per MiB. Pieces that lie in the range as a whole, all but the last equally
 * long, count as one node each.
 */
export async function hashContent(
  store: Store,
  content: Content,
  range: ByteRange,
): Promise<Uint8Array> {
  const whole =
    range.start % content.pieceBytes === 0 &&
    overlaps(content, range).every(({ piece, start, end }) => end - start === piece.bytes);
  const combiner = new TreeHashCombiner();
  for (const { piece, start, end } of overlaps(content, range)) {
    if (whole || piece.leaves === undefined) combiner.push(piece.treeHash);
    else await pushLeaves(store, combiner, { leaves: piece.leaves, start, end });
  }
  return combiner.digest();
}

async function pushLeaves(
  store: Store,
  combiner: TreeHashCombiner,
  from: { readonly leaves: BlobId } & ByteRange,
): Promise<void> {
  const start = (from.start / TREE_LEAF_BYTES) * HASH_BYTES;
  const end = Math.ceil(from.end / TREE_LEAF_BYTES) * HASH_BYTES;
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.blobs.read(from.leaves, { start, end })) chunks.push(chunk);
  const leaves = Buffer.concat(chunks);
  for (let at = 0; at < leaves.length; at += HASH_BYTES) {
    combiner.push(leaves.subarray(at, at + HASH_BYTES));
  }
}

/** Which part of each piece lies in the range; offsets are within the piece. */
function overlaps(
  content: Content,
  range: ByteRange,
): readonly ({ readonly piece: Piece } & ByteRange)[] {
  return content.pieces.flatMap((piece, i) => {
    const base = i * content.pieceBytes;
    const start = Math.max(0, range.start - base);
    const end = Math.min(piece.bytes, range.end - base);
    return start < end ? [{ piece, start, end }] : [];
  });
}
