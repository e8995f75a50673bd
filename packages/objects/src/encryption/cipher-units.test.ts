import { randomFillSync } from "node:crypto";
import { rm } from "node:fs/promises";
import { makeTemporaryDirectory, openStore } from "@firn/core";
import type { Store } from "@firn/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openRange, sealBytes, sealStream } from "./cipher-units.ts";
import { unwrapKey, wrapKey } from "./key-wrap.ts";

const UNIT = 65_536;
const PLAIN = UNIT - 16;
const key = new Uint8Array(32).fill(3);
let directory: string;
let store: Store;

beforeAll(async () => {
  directory = await makeTemporaryDirectory();
  store = await openStore({ directory, ephemeral: true });
});
afterAll(async () => {
  await store.close();
  await rm(directory, { recursive: true });
});

async function gather(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* pieces(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) {
    yield await Promise.resolve(bytes.subarray(at, at + length));
  }
}

async function stored(bytes: Uint8Array): Promise<string> {
  const blob = await store.blobs.stage(bytes);
  return await store.transact((tx) => tx.attachBlob(blob));
}

test.each([1, PLAIN - 1, PLAIN, PLAIN + 1, 3 * PLAIN, 3 * PLAIN + 7])(
  "%i bytes come back by any range, whole or streamed",
  async (size) => {
    const plain = randomFillSync(Buffer.alloc(size));
    const sealed = sealBytes(key, plain);
    // `toEqual` compares buffers byte by byte, a thousand times slower.
    expect((await gather(sealStream(key, pieces(plain, 40_000)))).equals(sealed)).toBe(true);
    const blob = await stored(sealed);
    const edges = [0, 1, PLAIN - 1, PLAIN, PLAIN + 1, 2 * PLAIN, size - 1, size];
    const inside = edges.filter((at) => at >= 0 && at <= size);
    for (const start of inside) {
      for (const end of inside.filter((at) => at > start)) {
        const range = { blob, size, key, start, end };
        const read = await gather(openRange(store.blobs, range));
        expect(read.equals(plain.subarray(start, end))).toBe(true);
      }
    }
  },
);

test("a unit moved, changed or cut off is noticed", async () => {
  const plain = randomFillSync(Buffer.alloc(3 * PLAIN));
  const sealed = sealBytes(key, plain);
  const swapped = Buffer.concat([
    sealed.subarray(UNIT, 2 * UNIT),
    sealed.subarray(0, UNIT),
    sealed.subarray(2 * UNIT),
  ]);
  const changed = Buffer.from(sealed);
  changed[UNIT + 5] = (changed[UNIT + 5] ?? 0) ^ 1;
  const read = async (bytes: Uint8Array, size: number): Promise<Buffer> => {
    const blob = await stored(bytes);
    return await gather(openRange(store.blobs, { blob, size, key, start: 0, end: size }));
  };
  const broken = { code: "FIRN_OBJECT_SEAL_BROKEN" };
  await expect(read(swapped, plain.length)).rejects.toMatchObject(broken);
  await expect(read(changed, plain.length)).rejects.toMatchObject(broken);
  await expect(read(sealed.subarray(0, 2 * UNIT), 2 * PLAIN)).rejects.toMatchObject(broken);
});

test("a key is unwrapped by the key that wrapped it and by no other", () => {
  const wrapped = wrapKey(key, new Uint8Array(32).fill(9));
  expect(unwrapKey(key, wrapped)).toEqual(Buffer.alloc(32, 9));
  expect(unwrapKey(new Uint8Array(32).fill(4), wrapped)).toBeUndefined();
});
