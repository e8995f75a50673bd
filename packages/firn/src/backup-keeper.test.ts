import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DirectoryTarget, ManualClock, NodeFileSystem, backupNumbers, openStore } from "@firn/core";
import type { BackupTarget, LogStore } from "@firn/core";
import { openLog } from "@firn/gateway";
import { afterEach, beforeEach, expect, test } from "vitest";
import { BackupKeeper } from "./backup-keeper.ts";

const HOUR_MS = 3_600_000;

let home: string;
let store: LogStore;
let target: BackupTarget;
let clock: ManualClock;
let keeper: BackupKeeper;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "firn-keeper-"));
  store = await openStore({ directory: join(home, "data"), ephemeral: true });
  target = new DirectoryTarget(join(home, "backups"), new NodeFileSystem({ sync: false }));
  clock = new ManualClock(0);
  const schedule = { target, everyMs: HOUR_MS, keep: 2 };
  keeper = new BackupKeeper(store, { schedule, clock, log: await openLog("silent") });
});

afterEach(async () => {
  await keeper.close();
  await store.close();
  await rm(home, { recursive: true, force: true });
});

async function call(name: string, body: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
  return (await keeper.commands.get(`POST backup/${name}`)?.(body))?.["id"];
}

test("a server backs up a minute after it began, then every so often, and keeps what it is told", async () => {
  await keeper.start();
  clock.advance(59_000);
  expect(await backupNumbers(target)).toEqual([]);
  clock.advance(2000);
  const numbers = (): Promise<number[]> => backupNumbers(target);
  await expect.poll(numbers).toEqual([1]);
  // The next one is due when the one before has told that it is complete.
  const newest = async (): Promise<number | undefined> => (await numbers()).at(-1);
  await expect.poll(() => (clock.advance(HOUR_MS), newest())).toBeGreaterThanOrEqual(3);
  await expect.poll(async () => (await numbers()).length).toBe(2);
});

test("a held moment is let go of when its holder says nothing for two minutes", async () => {
  const id = await call("begin");
  clock.advance(100_000);
  expect(await call("renew", { id })).toBe(id);
  clock.advance(100_000);
  expect(await call("renew", { id })).toBe(id);
  clock.advance(121_000);
  await expect(call("renew", { id })).rejects.toMatchObject({ code: "FIRN_OPTIONS_INVALID" });
});

test("no more than four moments are held at a time", async () => {
  const ids: unknown[] = [];
  for (let held = 0; held < 4; held++) ids.push(await call("begin"));
  await expect(call("begin")).rejects.toMatchObject({ code: "FIRN_OPTIONS_INVALID" });
  await call("end", { id: ids[0] });
  await call("begin");
});
