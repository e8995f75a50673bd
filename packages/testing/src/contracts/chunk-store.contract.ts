import { SeededRandom } from "@firn/core";
import type { ChunkId, ChunkStore } from "@firn/core";
import { describe, expect, test } from "vitest";
import { bytesOf, textOf } from "./contract-bytes.ts";

export interface ChunkStoreUnderTest {
  readonly chunks: ChunkStore;
  /** Closes it and opens it again; `undefined` where it cannot outlive its process. */
  readonly reopen?: (() => Promise<ChunkStore>) | undefined;
}

/** What the core relies on in every chunk store. `make` is called once per test. */
export function chunkStoreContract(name: string, make: () => Promise<ChunkStoreUnderTest>): void {
  describe(`chunk store contract: ${name}`, () => {
    test("a chunk is read back, whole or in part, before and after its sync", async () => {
      const { chunks } = await make();
      const id = await chunks.put(bytesOf("hello"));
      expect(textOf(await chunks.read(id, 0, 5))).toBe("hello");
      await chunks.sync();
      expect(textOf(await chunks.read(id, 1, 3))).toBe("ell");
      await chunks.close();
    });

    test("the caller's buffer may change when put has resolved", async () => {
      const { chunks } = await make();
      const bytes = bytesOf("hello");
      const id = await chunks.put(bytes);
      bytes.fill(0);
      expect(textOf(await chunks.read(id, 0, 5))).toBe("hello");
      await chunks.close();
    });

    test("chunks put at the same time lie apart", async () => {
      const { chunks } = await make();
      const all = await putMany(chunks);
      await chunks.sync();
      await expectAll(chunks, all);
      expect(new Set(all.map(([id]) => id)).size).toBe(all.length);
      await chunks.close();
    });

    test("what was synced is there after opening again, and new chunks lie behind it", async () => {
      const under = await make();
      if (under.reopen === undefined) return;
      const all = await putMany(under.chunks);
      await under.chunks.sync();
      const chunks = await under.reopen();
      await expectAll(chunks, all);
      all.push(...(await putMany(chunks)));
      await expectAll(chunks, all);
      await chunks.close();
    });
  });
}

async function putMany(chunks: ChunkStore): Promise<[ChunkId, Uint8Array][]> {
  const random = new SeededRandom(4);
  const bodies = Array.from({ length: 40 }, () => random.bytes(1 + random.below(3000)));
  return Promise.all(
    bodies.map(async (body): Promise<[ChunkId, Uint8Array]> => [await chunks.put(body), body]),
  );
}

async function expectAll(
  chunks: ChunkStore,
  all: readonly (readonly [ChunkId, Uint8Array])[],
): Promise<void> {
  for (const [id, body] of all) {
    expect(Buffer.compare(await chunks.read(id, 0, body.length), body)).toBe(0);
  }
}
