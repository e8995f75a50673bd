import { afterEach, beforeEach, expect, test } from "vitest";
import { makeTemporaryDirectory } from "../platform/directories.ts";
import { NodeFileSystem } from "../platform/node-file-system.ts";
import type { KeySpaceGarbage } from "../status-api.ts";
import type { LogStore } from "../store.ts";
import { openStore } from "./open-store.ts";

const VALUE_BYTES = 4000;
const KEYS = 100;
const ROUNDS = 4;
let directory: string;
let store: LogStore;

beforeEach(async () => {
  directory = await makeTemporaryDirectory();
  store = await open();
});

afterEach(async () => {
  await store.close();
  await new NodeFileSystem({ sync: false }).remove(directory);
});

function open(): Promise<LogStore> {
  const limits = { segmentBytes: 256 * 1024 };
  return openStore({ directory, ephemeral: true, limits, compaction: "off" });
}

async function fill(space: number, rounds: number): Promise<void> {
  for (let at = 0; at < KEYS * rounds; at++) {
    const key = Buffer.from(`key ${at % KEYS}`);
    await store.transact((tx) => tx.put(space, key, Buffer.alloc(VALUE_BYTES, at)));
  }
}

async function told(space: number): Promise<KeySpaceGarbage | undefined> {
  const status = await store.status();
  return status.space.keySpaces.find((one) => one.space === space);
}

test("the status tells the garbage of each key space by its name, what pins hold too", async () => {
  const busy = await store.openKeySpace("busy");
  const calm = await store.openKeySpace("calm");
  await store.pin("reader", store.durableLsn);
  await fill(calm, 1);
  await fill(busy, ROUNDS);
  expect((await store.status()).space.keySpaces).toEqual([]);
  // Looks at every segment, and may thin none.
  await store.compact();
  const { keySpaces } = (await store.status()).space;
  expect(keySpaces[0]).toMatchObject({ space: busy, name: "busy" });
  const [dirty, clean] = [await told(busy), await told(calm)];
  const written = KEYS * ROUNDS * VALUE_BYTES;
  expect(dirty?.bytes).toBeGreaterThan(written * 0.7);
  expect(dirty?.garbageBytes).toBeGreaterThan(written * 0.5);
  expect(dirty?.garbageBytes).toBeLessThan(written * 0.9);
  expect(clean?.bytes).toBeGreaterThan(KEYS * VALUE_BYTES * 0.5);
  expect(clean?.garbageBytes).toBe(0);
});

test("garbage that compaction has taken is no longer told, and names last", async () => {
  const busy = await store.openKeySpace("busy");
  await fill(busy, ROUNDS);
  await store.compact();
  expect((await told(busy))?.garbageBytes).toBeLessThan(KEYS * VALUE_BYTES);
  await store.close();
  store = await open();
  await store.compact();
  expect((await told(busy))?.name).toBe("busy");
});
