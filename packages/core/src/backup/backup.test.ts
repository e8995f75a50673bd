import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { encodeKey } from "../index/key.ts";
import { NodeFileSystem } from "../platform/node-file-system.ts";
import { SeededRandom } from "../platform/random.ts";
import type { BlobId, KeySpaceId } from "../store-api.ts";
import type { LogStore } from "../store.ts";
import { openStore } from "../store/open-store.ts";
import type { BackupTarget } from "./backup-target.ts";
import { DirectoryTarget } from "./directory-target.ts";
import { SealedTarget } from "./sealed-target.ts";
import { restoreBackup } from "./restore-backup.ts";
import type { RestoreReport } from "./restore-backup.ts";
import type { BackupProgress } from "./run-backup.ts";

const LIMITS = {
  segmentBytes: 256 * 1024,
  extentSegmentBytes: 512 * 1024,
  backgroundBytesPerSecond: Infinity,
};

let home: string;
let store: LogStore;
let space: KeySpaceId;
let target: BackupTarget;
const fileSystem = new NodeFileSystem({ sync: false });

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "firn-backup-"));
  store = await openStoreIn("store");
  space = await store.openKeySpace("things");
  target = new DirectoryTarget(join(home, "backups"), fileSystem);
});

afterEach(async () => {
  await store.close();
  await rm(home, { recursive: true, force: true });
});

function openStoreIn(name: string): Promise<LogStore> {
  const directory = join(home, name);
  return openStore({ directory, ephemeral: true, compaction: "off", limits: LIMITS });
}

async function put(number: number): Promise<BlobId> {
  const staged = await store.blobs.stage(Buffer.alloc(100_000, `blob ${number} `));
  return store.transact((tx) => {
    const blob = tx.attachBlob(staged);
    tx.put(space, encodeKey(number), Buffer.alloc(3000, `${blob} `));
    return blob;
  });
}

async function putMany(from: number, to: number): Promise<BlobId[]> {
  const blobs: BlobId[] = [];
  for (let number = from; number < to; number++) blobs.push(await put(number));
  return blobs;
}

/** All keys of a store, and the bytes of the blobs that they name. */
async function contents(of: LogStore): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const view = of.view();
  for await (const { key, value } of view.range(space)) {
    const blob = Buffer.from(value).toString("latin1", 0, 16);
    const parts: Uint8Array[] = [];
    for await (const part of of.blobs.read(blob)) parts.push(part);
    found.set(Buffer.from(key).toString("hex"), Buffer.concat(parts).toString("latin1", 0, 20));
  }
  view.close();
  return found;
}

function restore(name: string, number?: number): Promise<RestoreReport> {
  return restoreBackup({ source: target, directory: join(home, name), number, fileSystem });
}

test("a restored backup is a store of its own that holds what was committed when it began", async () => {
  await putMany(0, 10);
  const before = await contents(store);
  const { number, copiedBytes, bytes } = await store.backups.run({ target });
  expect([number, copiedBytes]).toEqual([1, bytes]);
  await putMany(10, 12);
  const report = await restore("copy");
  expect(report.check.problems).toEqual([]);
  expect(report.storeId).not.toBe(store.id);
  const copy = await openStoreIn("copy");
  expect(copy.id).toBe(report.storeId);
  expect(await contents(copy)).toEqual(before);
  await copy.transact((tx) => tx.put(space, encodeKey(99), Buffer.alloc(20)));
  await copy.close();
  const again = await openStoreIn("copy");
  expect(await again.get(space, encodeKey(99))).toHaveLength(20);
  await again.close();
});

test("a backup of a copy restores too", async () => {
  await putMany(0, 3);
  const before = await contents(store);
  await store.backups.run({ target });
  await restore("copy");
  const copy = await openStoreIn("copy");
  const second = new DirectoryTarget(join(home, "second"), fileSystem);
  await copy.backups.run({ target: second });
  await copy.close();
  await restoreBackup({ source: second, directory: join(home, "copy of copy"), fileSystem });
  const last = await openStoreIn("copy of copy");
  expect(await contents(last)).toEqual(before);
  await last.close();
});

test("a sealed segment is copied once; each backup is as of its own moment", async () => {
  await putMany(0, 12);
  await store.backups.run({ target });
  const first = await contents(store);
  await store.transact((tx) => tx.delete(space, encodeKey(3)));
  await putMany(12, 14);
  const second = await store.backups.run({ target });
  expect(second.copiedBytes).toBeLessThan(second.bytes / 2);
  await restore("one", 1);
  await restore("two");
  const [one, two] = [await openStoreIn("one"), await openStoreIn("two")];
  expect(await contents(one)).toEqual(first);
  expect(await contents(two)).toEqual(await contents(store));
  await one.close();
  await two.close();
});

test("a backup is whole though everything is deleted and compacted while it is made", async () => {
  const blobs = await putMany(0, 15);
  const before = await contents(store);
  const slow: BackupTarget = {
    where: target.where,
    list: (prefix) => target.list(prefix),
    read: (name) => target.read(name),
    remove: (name) => target.remove(name),
    write: async (file, body) => {
      if (blobs.length > 0) {
        const gone = blobs.splice(0);
        await store.transact((tx) => {
          for (const [number, blob] of gone.entries()) {
            tx.releaseBlob(blob);
            tx.delete(space, encodeKey(number));
          }
        });
        await store.compact();
        await putMany(100, 103);
      }
      await target.write(file, body);
    },
  };
  await store.backups.run({ target: slow });
  const { check } = await restore("copy");
  expect(check.problems).toEqual([]);
  const copy = await openStoreIn("copy");
  expect(await contents(copy)).toEqual(before);
  await copy.close();
});

test("packed segments and what a feed and history may still ask come along", async () => {
  const blobs = await putMany(0, 12);
  await store.transact((tx) => blobs.slice(0, 9).forEach((blob) => tx.releaseBlob(blob)));
  await store.transact((tx) => {
    for (let number = 0; number < 9; number++) tx.delete(space, encodeKey(number));
  });
  await store.compact();
  const before = await contents(store);
  await store.backups.run({ target });
  const { check } = await restore("copy");
  expect(check.problems).toEqual([]);
  const copy = await openStoreIn("copy");
  expect(await contents(copy)).toEqual(before);
  await copy.compact();
  expect(await contents(copy)).toEqual(before);
  await copy.close();
});

test("what a store remembers of its past comes along, though its log was compacted", async () => {
  await store.transact((tx) => tx.setRetention(space, { ms: 3_600_000 }));
  await putMany(0, 3);
  const lsn = store.durableLsn;
  const before = await contents(store);
  await store.transact((tx) => {
    for (let number = 0; number < 3; number++) tx.delete(space, encodeKey(number));
  });
  for (let round = 0; round < 200; round++) {
    await store.transact((tx) => tx.put(space, encodeKey(50), Buffer.alloc(3000, `${round}`)));
  }
  await store.compact();
  await store.backups.run({ target });
  expect((await restore("copy")).check.problems).toEqual([]);
  const copy = await openStoreIn("copy");
  const view = copy.viewAt(lsn);
  const found: string[] = [];
  for await (const { key } of view.range(space)) found.push(Buffer.from(key).toString("hex"));
  view.close();
  expect(found).toEqual([...before.keys()]);
  await copy.close();
});

test("bytes of blobs are copied once, though their segment was not full", async () => {
  await putMany(0, 3);
  await store.backups.run({ target });
  await put(3);
  const { copiedBytes } = await store.backups.run({ target });
  expect(copiedBytes).toBeLessThan(150_000);
  expect((await restore("copy")).check.problems).toEqual([]);
});

test("older backups go when there are more than are kept, and the others stay whole", async () => {
  for (let round = 0; round < 4; round++) {
    await putMany(round * 5, round * 5 + 5);
    const { removed } = await store.backups.run({ target, keep: 2 });
    expect(removed).toEqual(round < 2 ? [] : [round - 1]);
  }
  await expect(restore("one", 1)).rejects.toMatchObject({ code: "FIRN_BACKUP_NOT_FOUND" });
  for (const number of [3, 4]) {
    const { check } = await restore(`copy ${number}`, number);
    expect(check.problems).toEqual([]);
  }
  const tails = await readdir(join(home, "backups", "tails"), { recursive: true });
  expect(tails.filter((name) => name.startsWith("0000000001/"))).toEqual([]);
});

test("an interrupted backup is no backup, and the next one does not copy again what it has", async () => {
  await putMany(0, 12);
  const abort = new AbortController();
  const { signal } = abort;
  const onProgress = ({ filesDone }: BackupProgress): void => {
    if (filesDone === 3) abort.abort();
  };
  const aborted = store.backups.run({ target, onProgress, signal });
  await expect(aborted).rejects.toMatchObject({ code: "FIRN_ABORTED" });
  await expect(restore("none")).rejects.toMatchObject({ code: "FIRN_BACKUP_NOT_FOUND" });
  const { copiedFiles, files } = await store.backups.run({ target });
  // The log's last segment may have changed: it is copied anew.
  expect(copiedFiles).toBe(files - 2);
  expect((await restore("copy")).check.problems).toEqual([]);
});

test("an interrupted restore leaves no store, and goes on where it was", async () => {
  await putMany(0, 12);
  await store.backups.run({ target });
  const directory = join(home, "copy");
  const abort = new AbortController();
  const onProgress = ({ filesDone }: BackupProgress): void => {
    if (filesDone === 2) abort.abort();
  };
  const common = { source: target, directory, fileSystem };
  const aborted = restoreBackup({ ...common, onProgress, signal: abort.signal });
  await expect(aborted).rejects.toMatchObject({ code: "FIRN_ABORTED" });
  expect(await readdir(directory)).not.toContain("manifest");
  expect((await restore("copy")).check.problems).toEqual([]);
  await expect(restore("copy")).rejects.toMatchObject({ code: "FIRN_RESTORE_NOT_EMPTY" });
});

test("a place that holds backups of another store is refused, and so is a directory in use", async () => {
  await store.backups.run({ target });
  const other = await openStoreIn("other");
  const refused = { code: "FIRN_BACKUP_OTHER_STORE" };
  await expect(other.backups.run({ target })).rejects.toMatchObject(refused);
  await other.close();
  await expect(restore("other")).rejects.toMatchObject({ code: "FIRN_RESTORE_NOT_EMPTY" });
});

test("what only a key opens holds nothing to be read, and restores with that key alone", async () => {
  const blobs = await putMany(0, 12);
  const before = await contents(store);
  const open = target;
  const key = Buffer.alloc(32, 7);
  const random = new SeededRandom(1);
  target = new SealedTarget({ target: open, key, random });
  await store.backups.run({ target });
  const { copiedBytes, bytes } = await store.backups.run({ target });
  expect(copiedBytes).toBeLessThan(bytes / 2);
  for await (const { name } of open.list("")) {
    for await (const piece of open.read(name)) {
      for (const text of ["blob ", blobs[0] ?? "", "storeId"])
        expect(Buffer.from(piece).includes(text)).toBe(false);
    }
  }
  expect((await restore("copy")).check.problems).toEqual([]);
  const copy = await openStoreIn("copy");
  expect(await contents(copy)).toEqual(before);
  await copy.close();
  const other = { target: open, key: Buffer.alloc(32, 8), random };
  for (const wrong of [open, new SealedTarget(other)]) {
    target = wrong;
    await expect(restore("none")).rejects.toMatchObject({ code: "FIRN_BACKUP_DAMAGED" });
  }
  const short = { ...other, key: Buffer.alloc(16) };
  expect(() => new SealedTarget(short)).toThrow("a backup's key has 32 bytes");
});

test("a sealed file that is cut between two pieces, or put under another's name, is damage", async () => {
  const key = Buffer.alloc(32, 7);
  const sealed = new SealedTarget({ target, key, random: new SeededRandom(1) });
  const content = Buffer.alloc(2_500_000, "content ");
  async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
    yield bytes;
  }
  const read = async (name: string): Promise<Buffer> => {
    const parts: Uint8Array[] = [];
    for await (const part of sealed.read(name)) parts.push(part);
    return Buffer.concat(parts);
  };
  await sealed.write({ name: "backups/1", bytes: content.length }, once(content));
  for await (const { bytes } of sealed.list("backups/")) expect(bytes).toBe(content.length);
  expect((await read("backups/1")).equals(content)).toBe(true);
  const path = join(home, "backups", "backups");
  const bytes = await readFile(join(path, "1"));
  await writeFile(join(path, "2"), bytes);
  await writeFile(join(path, "1"), bytes.subarray(0, 14 + 2 * (1024 * 1024 + 28)));
  for (const name of ["backups/1", "backups/2"]) {
    await expect(read(name)).rejects.toMatchObject({ code: "FIRN_BACKUP_DAMAGED" });
  }
});

test("a flipped, a missing and a cut file are damage with a name, and no store is made of them", async () => {
  await putMany(0, 3);
  await store.backups.run({ target });
  const folder = join(home, "backups");
  const names = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  expect(names.length).toBeGreaterThan(2);
  let copies = 0;
  for (const [at, name] of names.entries()) {
    const bytes = await readFile(name);
    const flipped = Buffer.from(bytes);
    flipped[(at * 7919) % bytes.length] = (flipped[(at * 7919) % bytes.length] as number) ^ 1;
    for (const wrong of [flipped, bytes.subarray(0, -1), undefined]) {
      if (wrong === undefined) await rm(name);
      else await writeFile(name, wrong);
      const code = /FIRN_BACKUP_(DAMAGED|NOT_FOUND)/;
      const copy = `copy ${copies++}`;
      const failing = restore(copy).catch((error: unknown) => {
        expect((error as { code: string }).code).toMatch(code);
        return "refused";
      });
      expect(await failing).toBe("refused");
      expect(await readdir(join(home, copy)).catch(() => [])).not.toContain("manifest");
    }
    await writeFile(name, bytes);
  }
  expect((await restore("whole")).check.problems).toEqual([]);
});

test("rot of the log is named by the backup that copies it, and older backups stay", async () => {
  await putMany(0, 200);
  const first = await store.backups.run({ target });
  expect(first.problems).toEqual([]);
  await putMany(200, 400);
  const folder = join(home, "store", "log", "0000");
  const copied = (await readdir(join(home, "backups", "segments", "commit"))).map((name) =>
    name.slice(0, 10),
  );
  const fresh = (await readdir(folder)).sort().find((name) => !copied.includes(name)) as string;
  const bytes = await readFile(join(folder, fresh));
  bytes[20_000] = (bytes[20_000] as number) ^ 4;
  await writeFile(join(folder, fresh), bytes);
  const { problems, removed } = await store.backups.run({ target, keep: 1 });
  expect(problems).toMatchObject([{ segment: Number(fresh), file: join(folder, fresh) }]);
  expect(problems[0]?.offset).toBeLessThanOrEqual(20_000);
  expect(problems[0]?.what).toContain("fails its checksum");
  expect(removed).toEqual([]);
});
