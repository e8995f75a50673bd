import { FirnError } from "@firn/core";
import type { ChunkId, ChunkStore } from "@firn/core";

/** The chunk seam in a map. */
export class MemoryChunkStore implements ChunkStore {
  readonly #chunks = new Map<ChunkId, Uint8Array>();
  #next: ChunkId = 0;

  async put(bytes: Uint8Array): Promise<ChunkId> {
    const id = this.#next;
    this.#next += bytes.length + 1;
    this.#chunks.set(id, bytes.slice());
    return id;
  }

  async sync(): Promise<void> {}

  async read(id: ChunkId, offset: number, length: number): Promise<Uint8Array> {
    const chunk = this.#chunks.get(id);
    if (chunk === undefined || offset + length > chunk.length) {
      const detail = { id, offset, length };
      throw new FirnError(
        "corruption",
        "FIRN_RECORD_CORRUPT",
        `no chunk holds ${length} bytes there`,
        { detail },
      );
    }
    return chunk.slice(offset, offset + length);
  }

  async close(): Promise<void> {}
}
