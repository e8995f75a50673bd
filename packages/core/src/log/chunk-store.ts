/** Names a chunk for ever: where it lies in the extent address space (53 bits). */
export type ChunkId = number;

/**
 * Where bulk bytes live, apart from the commit log. Chunks are immutable; what a chunk's bytes mean
 * and how they are checked is the blob layer's.
 */
export interface ChunkStore {
  /** Stores a chunk of at most 4 MiB; durable after the next `sync`. @throws FIRN_DISK_FULL. */
  put(bytes: Uint8Array): Promise<ChunkId>;
  /** Makes durable every chunk whose `put` resolved before the call. A failure is final. */
  sync(): Promise<void>;
  /** Reads inside a chunk; unverified. */
  read(id: ChunkId, offset: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}
