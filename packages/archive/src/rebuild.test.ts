import { readFile, readdir, rm, truncate, writeFile } from "node:fs/promises";
import {
  SeededRandom,
  checkStore,
  makeTemporaryDirectory,
  openStore,
  rebuildStore,
} from "@firn/core";
import type { Store } from "@firn/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Archive } from "./archive.ts";
import { treeHashHex } from "./tree-hash.ts";

/** Small segments, so that there are many and compaction has something to do. */
const limits = { segmentBytes: 256 * 1024, extentSegmentBytes: 1024 * 1024 };
const vaultName = "v";
let directory: string;
let target: string;

beforeEach(async () => {
  directory = await makeTemporaryDirectory();
  target = `${await makeTemporaryDirectory()}/rebuilt`;
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
  await rm(target, { recursive: true, force: true });
});

async function withArchive<T>(
  where: string,
  work: (archive: Archive, store: Store) => Promise<T>,
): Promise<T> {
  const store = await openStore({ directory: where, ephemeral: true, limits, compaction: "off" });
  const archive = await Archive.open({ store });
  try {
    return await work(archive, store);
  } finally {
    await archive.close();
    await store.close();
  }
}

/** Archives of many sizes, half of them deleted again; returns the rest by id. */
async function fill(compact: boolean): Promise<Map<string, string>> {
  const random = new SeededRandom(7);
  const kept = new Map<string, string>();
  await withArchive(directory, async (archive, store) => {
    await archive.createVault({ vaultName });
    await archive.addTagsToVault({ vaultName, tags: { shelf: "7" } });
    for (let at = 0; at < 60; at++) {
      const body = random.bytes(1 + random.below(at % 3 === 0 ? 400_000 : 60_000));
      const { archiveId } = await archive.uploadArchive({ vaultName, body });
      if (at % 2 === 0) kept.set(archiveId, treeHashHex(body));
      else await archive.deleteArchive({ vaultName, archiveId });
    }
    const deny = { Effect: "Deny", Principal: "*", Action: "glacier:DeleteVault", Resource: "*" };
    const policy = JSON.stringify({ Statement: [deny] });
    const { lockId } = await archive.initiateVaultLock({ vaultName, policy });
    await archive.completeVaultLock({ vaultName, lockId });
    if (compact) await store.compact();
  });
  // Of the former process's segments too.
  if (compact)
    await withArchive(directory, async (_archive, store) => void (await store.compact()));
  return kept;
}

/** All but the segments themselves. */
async function loseTheRest(): Promise<void> {
  for (const name of await readdir(directory)) {
    if (name === "log" || name === "extents") continue;
    await rm(`${directory}/${name}`, { recursive: true });
  }
}

async function expectWhole(kept: ReadonlyMap<string, string>): Promise<void> {
  await withArchive(target, async (archive) => {
    const found = new Map<string, string>();
    for await (const one of archive.listArchives({ vaultName })) {
      found.set(one.archiveId, Buffer.from(one.treeHash).toString("hex"));
    }
    expect(found).toEqual(kept);
    const verified: string[] = [];
    for await (const one of archive.care.verifyVault({ vaultName })) {
      expect(one.status).toBe("whole");
      verified.push(one.archiveId);
    }
    expect(verified.sort()).toEqual([...kept.keys()].sort());
    expect(await archive.listTagsForVault({ vaultName })).toEqual({ shelf: "7" });
    expect(await archive.getVaultLock({ vaultName })).toMatchObject({ state: "Locked" });
    // It is a store like any other: it takes what comes.
    await archive.uploadArchive({ vaultName, body: new Uint8Array(100_000) });
  });
  expect((await checkStore({ directory: target })).problems).toEqual([]);
}

test("a vault is there again, byte for byte, from its segments alone", async () => {
  const kept = await fill(false);
  await loseTheRest();
  const rebuilt = await rebuildStore({ directory, target });
  expect(rebuilt.segments).toBeGreaterThan(5);
  await expectWhole(kept);
});

test("compacted segments are enough too", async () => {
  const kept = await fill(true);
  expect(await readFile(`${directory}/manifest`, "utf8")).toContain('"packed"');
  await loseTheRest();
  await rebuildStore({ directory, target });
  await expectWhole(kept);
});

test("a torn tail of the newest segment costs what was torn, damage before it is an error", async () => {
  const kept = await fill(false);
  await loseTheRest();
  const logs = (await readdir(`${directory}/log/0000`)).sort();
  await truncate(`${directory}/log/0000/${logs.at(-1)}`, 2000);
  await rebuildStore({ directory, target });
  await rm(target, { recursive: true });
  await truncate(`${directory}/log/0000/${logs[0]}`, 40_001);
  await expect(rebuildStore({ directory, target })).rejects.toMatchObject({
    code: "FIRN_STORE_DAMAGED",
  });
  expect(kept.size).toBe(30);
});

test("what is no segment of the store is told, and a target that has anything is left alone", async () => {
  await fill(false);
  await writeFile(`${directory}/log/0000/0000000999`, "not a segment");
  await expect(rebuildStore({ directory, target })).rejects.toThrow(/header does not verify/);
  await rm(`${directory}/log/0000/0000000999`);
  await expect(rebuildStore({ directory, target: directory })).rejects.toThrow(/not empty/);
});
