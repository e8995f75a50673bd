import {
  SIM_DIRECTORY,
  SimCore,
  atEveryRequest,
  cutAt,
  forkMachine,
  latin1,
  latin1Bytes,
  makeMachine,
  printLine,
  restartMachine,
} from "@firn/testing";
import type { OpenMachine } from "@firn/testing";
import { beforeAll, expect, test } from "vitest";
import { backupNumbers } from "../backup/backup-manifest.ts";
import { DirectoryTarget } from "../backup/directory-target.ts";
import { restoreBackup } from "../backup/restore-backup.ts";
import { SeededRandom } from "../platform/random.ts";
import type { BlobId, KeySpaceId, Store } from "../store-api.ts";
import { openStore } from "../store/open-store.ts";
import { loadHasher } from "../hasher.ts";
import type { Hasher } from "../hasher.ts";

/** Fewer show nothing, however slow the machine is. */
const SITES_MIN = 5;
const TARGET = "/backups";
const COPY = "/copy";

let core: SimCore;
let hasher: Hasher;
beforeAll(async () => {
  core = await SimCore.load();
  hasher = await loadHasher();
});

type Opened = Awaited<ReturnType<SimCore["open"]>>;

interface Filled {
  readonly machine: OpenMachine;
  readonly space: KeySpaceId;
  readonly blob: BlobId;
}

/** A store with several segments of each kind, and one backup of an earlier state. */
async function fill(seed: number): Promise<Filled> {
  const machine = makeMachine(seed);
  const store = await core.open(machine);
  const space = await store.openKeySpace("test");
  const staged = await store.blobs.stage(new Uint8Array(150_000).fill(7));
  const blob = await store.transact((tx) => tx.attachBlob(staged));
  for (let number = 0; number < 12; number++) await put(store, space, number);
  await store.backups.run({ target: targetOf(machine) });
  for (let number = 6; number < 20; number++) await put(store, space, number);
  await store.close();
  return { machine, space, blob };
}

function put(store: Store, space: KeySpaceId, number: number): Promise<void> {
  const value = latin1Bytes(`${number} `.repeat(400));
  return store.transact((tx) => tx.put(space, latin1Bytes(`k${number}`), value));
}

function targetOf({ fileSystem }: OpenMachine): DirectoryTarget {
  return new DirectoryTarget(TARGET, fileSystem);
}

async function contents(store: Store, { space, blob }: Filled): Promise<string> {
  let text = "";
  using view = store.view();
  for await (const { key, value } of view.range(space)) text += `${latin1(key)}=${latin1(value)};`;
  for await (const part of store.blobs.read(blob)) text += latin1(part);
  return text;
}

/** What the newest backup on the machine's disk holds; verified by the restore. */
async function restored(machine: OpenMachine, filled: Filled): Promise<string> {
  const { fileSystem, index, clock } = machine;
  const random = new SeededRandom(5);
  const place = { source: targetOf(machine), directory: COPY };
  const { check } = await restoreBackup({ ...place, fileSystem, index, hasher, random });
  expect(check.problems).toEqual([]);
  const parts = { fileSystem, index: forkMachine(machine, 9).index, clock, random, hasher };
  const copy = await openStore({ directory: COPY, ...parts, compaction: "off" });
  const found = await contents(copy, filled);
  await copy.close();
  return found;
}

test("a power failure anywhere in a backup leaves the one before, or the new one, whole", async () => {
  const filled = await fill(1);
  const opened = async (machine: OpenMachine): Promise<Opened> => core.open(machine);
  const sites = await atEveryRequest(SITES_MIN, async (request, seed) => {
    const machine = forkMachine(filled.machine, seed);
    const store = await opened(machine);
    const newest = await contents(store, filled);
    const target = targetOf(machine);
    const wasCut = await cutAt(machine, request, () => store.backups.run({ target, keep: 1 }));
    if (!wasCut) return false;
    const next = restartMachine(machine, request % 3 === 0 ? "kill" : "crash");
    const numbers = await backupNumbers(targetOf(next));
    expect(numbers.length).toBeGreaterThan(0);
    const found = await restored(forkMachine(next, seed), filled);
    if (numbers.at(-1) === 1) expect(found.length).toBeLessThan(newest.length);
    else expect(found === newest).toBe(true);
    const again = await opened(next);
    await again.backups.run({ target: targetOf(next), keep: 1 });
    await again.close();
    expect((await restored(next, filled)) === newest).toBe(true);
    return true;
  });
  printLine(`power failures in a backup: ${sites}`);
  expect(sites).toBeGreaterThan(SITES_MIN);
});

test("a power failure anywhere in a restore leaves no store, or a whole one", async () => {
  const filled = await fill(2);
  const store = await core.open(filled.machine);
  const newest = await contents(store, filled);
  await store.backups.run({ target: targetOf(filled.machine) });
  await store.close();
  const sites = await atEveryRequest(SITES_MIN, async (request, seed) => {
    const machine = forkMachine(filled.machine, seed);
    if (!(await cutAt(machine, request, () => restored(machine, filled)))) return false;
    const next = restartMachine(machine, "crash");
    const names = await next.fileSystem.list(COPY);
    if (names.includes("manifest")) {
      const { fileSystem, index, clock } = next;
      const parts = { fileSystem, index, clock, random: new SeededRandom(6), hasher };
      const copy = await openStore({ directory: COPY, ...parts, compaction: "off" });
      expect((await contents(copy, filled)) === newest).toBe(true);
      await copy.close();
    } else expect((await restored(next, filled)) === newest).toBe(true);
    expect(await next.fileSystem.list(SIM_DIRECTORY)).toContain("manifest");
    return true;
  });
  printLine(`power failures in a restore: ${sites}`);
  expect(sites).toBeGreaterThan(SITES_MIN);
});
