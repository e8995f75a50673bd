import { expect, test } from "vitest";
import { bytesOf, textOf } from "../contracts/contract-bytes.ts";
import { fileSystemContract } from "../contracts/file-system.contract.ts";
import { SimFileSystem } from "./sim-file-system.ts";
import { SECTOR_BYTES } from "./torn-write.ts";

fileSystemContract("simulated", async () => {
  const fileSystem = new SimFileSystem({ seed: 1 });
  await fileSystem.makeDirectory("/data");
  return { fileSystem, directory: "/data" };
});

/** A disk with a durable, empty directory `/d`. */
async function makeDisk(seed = 1): Promise<SimFileSystem> {
  const disk = new SimFileSystem({ seed });
  await disk.makeDirectory("/d");
  await disk.syncDirectory("/");
  return disk;
}

async function putDurable(disk: SimFileSystem, path: string, text: string): Promise<void> {
  const file = await disk.open(path, { create: true });
  await file.write([bytesOf(text)], 0);
  await file.sync();
  await disk.syncDirectory("/d");
  await file.close();
}

test("what was synced survives every crash, whatever else is pending", async () => {
  for (let seed = 0; seed < 200; seed++) {
    let disk = await makeDisk(seed);
    await putDurable(disk, "/d/a", "durable");
    const file = await disk.open("/d/a", { create: false });
    await file.write([new Uint8Array(5000).fill(65)], 7);
    disk = disk.crash();
    const bytes = await disk.readFile("/d/a");
    expect(textOf(bytes.subarray(0, 7))).toBe("durable");
    expect(bytes.length).toBeLessThanOrEqual(5007);
  }
});

test("unsynced writes come back whole, torn, as zeros, as garbage, or not at all", async () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 400; seed++) {
    let disk = await makeDisk(seed);
    await putDurable(disk, "/d/a", "");
    const file = await disk.open("/d/a", { create: false });
    await file.write([new Uint8Array(4 * SECTOR_BYTES).fill(65)], 0);
    disk = disk.crash();
    const bytes = await disk.readFile("/d/a");
    const kept = bytes.filter((byte) => byte === 65).length;
    if (bytes.length === 0) seen.add("lost");
    else if (kept === 4 * SECTOR_BYTES) seen.add("whole");
    else if (bytes.every((byte) => byte === 0 || byte === 65))
      seen.add(kept > 0 ? "torn" : "zeros");
    else seen.add("garbage");
  }
  expect([...seen].sort()).toEqual(["garbage", "lost", "torn", "whole", "zeros"]);
});

test("an overwrite that was not synced leaves the old bytes, the new, or a mix", async () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 100; seed++) {
    let disk = await makeDisk(seed);
    await putDurable(disk, "/d/a", "o".repeat(1024));
    const file = await disk.open("/d/a", { create: false });
    await file.write([bytesOf("x".repeat(1024))], 0);
    await file.write([bytesOf("y".repeat(1024))], 0);
    disk = disk.crash({ staleLength: false });
    const text = textOf(await disk.readFile("/d/a")) ?? "";
    seen.add([...new Set(text)].sort().join(""));
    expect(text.length).toBe(1024);
  }
  expect(seen.has("o") && seen.has("x") && seen.has("y") && seen.size > 3).toBe(true);
});

test("a file whose name was not synced may be gone, its data synced or not", async () => {
  const seen = new Set<boolean>();
  for (let seed = 0; seed < 40; seed++) {
    let disk = await makeDisk(seed);
    const file = await disk.open("/d/new", { create: true });
    await file.write([bytesOf("1")], 0);
    await file.sync();
    disk = disk.crash();
    seen.add((await disk.list("/d")).includes("new"));
  }
  expect([...seen].sort()).toEqual([false, true]);
});

test("a rename that was not synced leaves the old names or the new, never neither", async () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 60; seed++) {
    let disk = await makeDisk(seed);
    await putDurable(disk, "/d/m", "old");
    await putDurable(disk, "/d/m.new", "new");
    await disk.rename("/d/m.new", "/d/m");
    disk = disk.crash();
    seen.add(textOf(await disk.readFile("/d/m")) ?? "");
  }
  expect([...seen].sort()).toEqual(["new", "old"]);
});

test("a failed sync drops the dirty pages, and the next one says that all is well", async () => {
  let lost = 0;
  for (let seed = 0; seed < 40; seed++) {
    let disk = await makeDisk(seed);
    await putDurable(disk, "/d/a", "old");
    const file = await disk.open("/d/a", { create: false });
    await file.write([bytesOf("new")], 0);
    disk.hook = ({ operation }) => (operation === "sync" ? "eio" : undefined);
    await expect(file.sync()).rejects.toMatchObject({ code: "EIO" });
    disk.hook = undefined;
    await file.sync();
    const into = new Uint8Array(3);
    file.readSync(into, 0);
    expect(textOf(into)).toBe("new");
    disk = disk.crash({ keep: "all" });
    if (textOf(await disk.readFile("/d/a")) === "old") lost++;
  }
  expect(lost).toBeGreaterThan(5);
});

test("a full disk takes a prefix and says ENOSPC; removing gives the room back", async () => {
  const disk = await makeDisk();
  disk.capacityBytes = 1000;
  const file = await disk.open("/d/a", { create: true });
  await file.write([new Uint8Array(900)], 0);
  await expect(file.write([new Uint8Array(200)], 900)).rejects.toMatchObject({ code: "ENOSPC" });
  expect(await file.size()).toBe(1000);
  await file.write([new Uint8Array(100)], 0);
  await disk.remove("/d/a");
  await putDurable(disk, "/d/b", "b".repeat(1000));
});

test("halt cuts the process off: nothing of it settles, and its lock is free", async () => {
  const disk = await makeDisk();
  await disk.lock("/d/lock");
  await putDurable(disk, "/d/a", "old");
  const file = await disk.open("/d/a", { create: false });
  disk.hook = ({ operation }) => (operation === "write" ? "halt" : undefined);
  let settled = false;
  void file.write([bytesOf("new")], 0).finally(() => (settled = true));
  await disk.halted;
  void disk.list("/d").finally(() => (settled = true));
  const next = disk.kill();
  expect(textOf(await next.readFile("/d/a"))).toBe("new");
  expect(await next.lock("/d/lock")).toBeDefined();
  expect(settled).toBe(false);
});

test("the same seed gives the same disk", async () => {
  const run = async (): Promise<string> => {
    let disk = await makeDisk(77);
    for (let at = 0; at < 5; at++) {
      const file = await disk.open(`/d/${at}`, { create: true });
      await file.write([new Uint8Array(3000).fill(65 + at)], 0);
    }
    disk = disk.crash();
    return disk
      .files()
      .map((path) => Buffer.from(disk.peek(path)).toString("hex"))
      .join();
  };
  expect(await run()).toBe(await run());
});

test("a fork goes its own way", async () => {
  const disk = await makeDisk();
  await putDurable(disk, "/d/a", "one");
  const file = await disk.open("/d/a", { create: false });
  await file.write([bytesOf("two")], 0);
  const fork = disk.fork(5).crash({ keep: "none" });
  await file.write([bytesOf("xxx")], 0);
  expect(textOf(await fork.readFile("/d/a"))).toBe("one");
  const other = await fork.open("/d/a", { create: false });
  await other.write([bytesOf("333")], 0);
  expect(textOf(await disk.readFile("/d/a"))).toBe("xxx");
  expect(disk.pending().map(({ kind }) => kind)).toEqual(["write", "write"]);
});

test("rot changes a byte below every cache", async () => {
  let disk = await makeDisk();
  await putDurable(disk, "/d/a", "abc");
  disk.damage("/d/a", 1, (byte) => byte ^ 1);
  disk = disk.crash();
  expect(textOf(await disk.readFile("/d/a"))).toBe("acc");
});
