import { SimFileSystem } from "@firn/testing";
import type { PendingChange } from "@firn/testing";
import { beforeAll, expect, test } from "vitest";
import { loadHasher } from "../../hasher.ts";
import type { Hasher } from "../../hasher.ts";
import { Memtable, latin1 } from "../memtable.ts";
import type { IndexWrite, OrderedIndex } from "../ordered-index.ts";
import { runsIndex } from "./runs-index.ts";

const DIRECTORY = "/data/index";
/** More than are written without a thread of their own. */
const MANY_KEYS = 2100;
const SITES_MIN = 20;

let hasher: Hasher;
beforeAll(async () => {
  hasher = await loadHasher();
});

const keyOf = (at: number): Uint8Array => Buffer.from(`key ${String(at).padStart(6, "0")}`);
const markOf = (lsn: number): { lsn: number; position: number; time: number } => ({
  lsn,
  position: lsn * 8,
  time: lsn,
});

/** Batch `lsn` puts its number under key 0 and under as many keys of its own. */
function batchOf(lsn: number, keys: number): IndexWrite[] {
  const value = Buffer.from(String(lsn));
  const own = Array.from({ length: keys }, (_, at) => keyOf(lsn * 10_000 + at));
  return [keyOf(0), ...own].map((key) => ({ key, value }));
}

async function newDisk(): Promise<SimFileSystem> {
  const disk = new SimFileSystem({ seed: 1 });
  await disk.makeDirectory(DIRECTORY);
  for (const path of ["/", "/data"]) await disk.syncDirectory(path);
  return disk;
}

function openOn(fileSystem: SimFileSystem): Promise<OrderedIndex> {
  return runsIndex({ fileSystem, hasher }).open(DIRECTORY, "tag");
}

/** What a power failure may leave: names without bytes, and no name but those of renames. */
const KEPT: Readonly<Record<string, (change: PendingChange) => boolean>> = {
  nothing: () => false,
  names: ({ kind }) => kind !== "write",
  renames: ({ kind }) => kind === "rename",
  bytes: ({ kind }) => kind === "write",
};

/** Cuts the power at each request of the work and hands what is left to `check`. */
async function atEachRequest(
  work: (index: OrderedIndex, wrote: (lsn: number) => void) => Promise<void>,
  check: (index: OrderedIndex, written: number) => void,
): Promise<void> {
  let sites = 0;
  for (let isCut = true; isCut; sites++) {
    const disk = await newDisk();
    const first = disk.requestCount;
    disk.hook = ({ number }) => (number - first > sites ? "halt" : undefined);
    let written = 0;
    const worked = openOn(disk)
      .then((index) => work(index, (lsn) => (written = lsn)))
      .then(() => "worked");
    isCut = (await Promise.race([worked, disk.halted])) !== "worked";
    for (const [what, keep] of Object.entries(KEPT)) {
      try {
        const opened = await openOn(disk.fork(sites).crash({ keep }));
        check(opened, written);
        await opened.close();
      } catch (error) {
        throw new Error(`request ${sites + 1}, ${what} kept`, { cause: error });
      }
    }
  }
  expect(sites).toBeGreaterThan(SITES_MIN);
}

/** All that had been written is there; of what was under way all or nothing. */
function checkBatches(index: OrderedIndex, written: number): void {
  const lsn = index.mark?.lsn ?? 0;
  expect([written, written + 1]).toContain(lsn);
  const at0 = index.getSync(keyOf(0));
  expect(at0 && latin1(at0)).toBe(lsn === 0 ? undefined : String(lsn));
  for (let batch = 1; batch <= lsn + 1; batch++) {
    const value = index.getSync(keyOf(batch * 10_000));
    expect(value && latin1(value)).toBe(batch <= lsn ? String(batch) : undefined);
  }
}

test("a power failure at any request leaves whole runs, and all that was written", () =>
  atEachRequest(async (index, wrote) => {
    for (const [at, keys] of [1, MANY_KEYS, 3].entries()) {
      await index.write(batchOf(at + 1, keys), markOf(at + 1));
      wrote(at + 1);
    }
    await index.close();
  }, checkBatches));

test("a power failure at any request of a merge leaves the runs before it or the one after", () =>
  atEachRequest(async (index, wrote) => {
    for (let lsn = 1; lsn <= 9; lsn++) {
      await index.write(batchOf(lsn, 2), markOf(lsn));
      wrote(lsn);
    }
    await index.close();
  }, checkBatches));

test("a power failure at any request leaves the whole of a memtable or nothing of it", () => {
  const identity = { hasher, seed: 5n };
  return atEachRequest(
    async (index, wrote) => {
      for (const [lsn, keys] of [
        [1, 10],
        [2, MANY_KEYS],
      ] as const) {
        const memtable = new Memtable();
        for (const { key } of batchOf(lsn, keys)) {
          const place = { position: lsn * 8, length: 1000, check: 3n };
          memtable.put(latin1(key), { lsn, deleted: false, value: undefined, ...place }, lsn);
        }
        await index.writeMemtable?.(memtable, identity, markOf(lsn));
        wrote(lsn);
      }
      await index.close();
    },
    (index, written) => {
      const lsn = index.mark?.lsn ?? 0;
      expect([written, written + 1]).toContain(lsn);
      for (let batch = 1; batch <= 3; batch++) {
        expect(index.getSync(keyOf(batch * 10_000)) !== undefined).toBe(batch <= lsn);
      }
    },
  );
});
