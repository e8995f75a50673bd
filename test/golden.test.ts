import { existsSync } from "node:fs";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ManualClock, SeededRandom, checkStore, openStore } from "@firn/core";
import type { Store } from "@firn/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { goldenStores } from "./support/golden-stores.ts";
import type { GoldenStore } from "./support/golden-stores.ts";
import { repositoryRoot } from "./support/repository.ts";

/*
 * Stores as released versions wrote them. They are made once (`FIRN_MAKE_GOLDEN=1`, which makes
 * only folders that are not there) and opened by every later version.
 */

const madeAtMs = Date.UTC(2026, 10, 24);
const KIB = 1024;
/** Small files: what is not used of them is zeros. */
const limits = { segmentBytes: 64 * KIB, prepareBytes: 4 * KIB, extentSegmentBytes: 256 * KIB };
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "firn-golden-"));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

test.each(goldenStores)("$folder opens, is whole, and holds what was written", async (golden) => {
  await makeIfAsked(golden);
  await cp(folderOf(golden), directory, { recursive: true });
  expect((await checkStore({ directory })).problems).toEqual([]);
  const store = await openGolden(golden);
  await golden.verify(store);
  await store.close();
  expect((await checkStore({ directory })).problems).toEqual([]);
});

test.each(goldenStores)(
  "$folder opens without its index: the log has everything",
  async (golden) => {
    await cp(folderOf(golden), directory, { recursive: true });
    await rm(join(directory, "index"), { recursive: true });
    const store = await openGolden(golden);
    await golden.verify(store);
    await store.close();
  },
);

async function makeIfAsked(golden: GoldenStore): Promise<void> {
  const folder = folderOf(golden);
  if (process.env["FIRN_MAKE_GOLDEN"] === undefined || existsSync(folder)) return;
  const made = await mkdtemp(join(tmpdir(), "firn-golden-"));
  const clock = new ManualClock(madeAtMs);
  const random = new SeededRandom(1);
  const encryption = golden.keys && { keys: golden.keys };
  const store = await openStore({ directory: made, clock, random, limits, encryption });
  await golden.fill(store);
  await store.close();
  await cp(made, folder, { recursive: true });
  await rm(made, { recursive: true });
}

async function openGolden({ keys }: GoldenStore): Promise<Store> {
  return openStore({ directory, clock: new ManualClock(madeAtMs), encryption: keys && { keys } });
}

function folderOf(golden: GoldenStore): string {
  return join(repositoryRoot, "test/golden", golden.folder);
}
