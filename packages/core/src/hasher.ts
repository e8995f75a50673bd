import xxhash from "xxhash-wasm";

/** The one checksum of everything that Firn writes: xxhash64, seeded with an identity. */
export interface Hasher {
  /** @param seed 64 bits: what the bytes belong to, so that misplaced bytes do not verify. */
  hash(bytes: Uint8Array, seed: bigint): bigint;
}

/**
 * Longer bytes are hashed in pieces of this length. What is hashed at once is copied into the
 * memory of the WebAssembly first, which grows to hold it and never gives anything back.
 */
const PIECE_BYTES: number = 1024 * 1024;

/** Compiles the WebAssembly once; share the result between stores that live in one process. */
export async function loadHasher(): Promise<Hasher> {
  const { h64Raw, create64 } = await xxhash();
  return {
    hash: (bytes, seed) =>
      bytes.length <= PIECE_BYTES ? h64Raw(bytes, seed) : inPieces(create64(seed), bytes),
  };
}

function inPieces(
  state: { update(bytes: Uint8Array): unknown; digest(): bigint },
  bytes: Uint8Array,
): bigint {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    state.update(bytes.subarray(at, at + PIECE_BYTES));
  }
  return state.digest();
}

/** The identity of a store as a seed. */
export function storeSeed(hasher: Hasher, storeId: string): bigint {
  return hasher.hash(Buffer.from(storeId, "latin1"), 0n);
}
