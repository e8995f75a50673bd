import xxhash from "xxhash-wasm";

/** The one checksum of everything that Firn writes: xxhash64, seeded with an identity. */
export interface Hasher {
  /** @param seed 64 bits: what the bytes belong to, so that misplaced bytes do not verify. */
  hash(bytes: Uint8Array, seed: bigint): bigint;
}

/** Compiles the WebAssembly once; share the result between stores that live in one process. */
export async function loadHasher(): Promise<Hasher> {
  const { h64Raw } = await xxhash();
  return { hash: h64Raw };
}

/** The identity of a store as a seed. */
export function storeSeed(hasher: Hasher, storeId: string): bigint {
  return hasher.hash(Buffer.from(storeId, "latin1"), 0n);
}
