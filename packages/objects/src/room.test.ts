import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore } from "@firn/core";
import type { LogStore } from "@firn/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ObjectStore } from "./object-store.ts";

const MEGABYTE = 1_000_000;

let directory: string;
let store: LogStore;
let objects: ObjectStore;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "firn-room-"));
  const limits = { extentSegmentBytes: 8 * MEGABYTE };
  store = await openStore({ directory, ephemeral: true, limits });
  objects = await ObjectStore.open({ store });
  await objects.createBucket({ bucket: "things" });
});

afterEach(async () => {
  await objects.close();
  await store.close();
  await rm(directory, { recursive: true, force: true });
});

/** Bytes of objects' bodies on the disk, garbage included. */
async function bulkBytes(): Promise<number> {
  const folder = join(directory, "extents", "0000");
  let bytes = 0;
  for (const name of await readdir(folder)) {
    bytes += await stat(join(folder, name)).then(
      ({ size }) => size,
      () => 0,
    );
  }
  return bytes;
}

async function expectRoom(bytes: number): Promise<void> {
  await expect.poll(bulkBytes, { timeout: 20_000, interval: 100 }).toBeLessThan(bytes);
}

function put(key: string, megabytes: number): Promise<unknown> {
  const body = Buffer.alloc(megabytes * MEGABYTE, key);
  return objects.putObject({ bucket: "things", key, body });
}

test("the room of deleted and of overwritten objects comes back while the store is open", async () => {
  for (let number = 0; number < 30; number++) await put(`${number}`, 1);
  expect(await bulkBytes()).toBeGreaterThan(30 * MEGABYTE);
  for (let number = 1; number < 30; number++)
    await objects.deleteObject({ bucket: "things", key: `${number}` });
  await expectRoom(10 * MEGABYTE);
  for (let round = 0; round < 10; round++) await put("0", 3);
  await expectRoom(12 * MEGABYTE);
  const { contentLength } = await objects.headObject({ bucket: "things", key: "0" });
  expect(contentLength).toBe(3 * MEGABYTE);
}, 60_000);

test("an upload that is refused leaves nothing behind", async () => {
  const wrong = Buffer.alloc(16).toString("base64");
  for (let number = 0; number < 20; number++) {
    const body = Buffer.alloc(MEGABYTE, "refused");
    async function* streamed(): AsyncGenerator<Uint8Array> {
      yield body;
    }
    const request = { bucket: "things", key: "k", body: streamed(), contentMD5: wrong };
    await expect(objects.putObject(request)).rejects.toMatchObject({
      code: "FIRN_OBJECT_DIGEST_MISMATCH",
    });
  }
  await expectRoom(2 * MEGABYTE);
}, 60_000);
