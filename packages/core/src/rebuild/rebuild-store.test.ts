import { rm, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { encodeKey } from "../index/key.ts";
import { makeTemporaryDirectory } from "../platform/directories.ts";
import { keyFromBytes } from "../seal/key-bytes.ts";
import { openStore } from "../store/open-store.ts";
import { rebuildStore } from "./rebuild-store.ts";

const encryption = { keys: keyFromBytes({ key: Buffer.alloc(32, 7) }) };
const key = encodeKey("k");
let directory: string;
let target: string;

beforeEach(async () => {
  directory = await makeTemporaryDirectory();
  target = `${await makeTemporaryDirectory()}/rebuilt`;
  const store = await openStore({ directory, encryption });
  const space = await store.openKeySpace("things");
  await store.transact((tx) => tx.put(space, key, Buffer.from("secret")));
  await store.close();
  await rm(`${directory}/index`, { recursive: true });
});

afterEach(async () => {
  await rm(directory, { recursive: true });
  await rm(target, { recursive: true });
});

for (const lost of ["manifest", "manifest.copy"]) {
  test(`a rebuilt store keeps its keys when its ${lost} is damaged`, async () => {
    await writeFile(`${directory}/${lost}`, "nothing");
    await rebuildStore({ directory, target });
    const code = "FIRN_ENCRYPTION_KEY_REQUIRED";
    await expect(openStore({ directory: target })).rejects.toMatchObject({ code });
    const store = await openStore({ directory: target, encryption });
    const space = await store.openKeySpace("things");
    expect(Buffer.from((await store.get(space, key)) ?? []).toString()).toBe("secret");
    await store.close();
  });
}
