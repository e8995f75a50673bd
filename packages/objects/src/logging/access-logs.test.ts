import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FirnError, openStore } from "@firn/core";
import type { LogStore } from "@firn/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ObjectStore } from "../object-store.ts";

let directory: string;
let store: LogStore;
let objects: ObjectStore;

async function open(): Promise<void> {
  store = await openStore({ directory, clockMode: { kind: "manual" } });
  objects = await ObjectStore.open({ store });
}

async function close(): Promise<void> {
  await objects.close();
  await store.close();
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "firn-access-log-"));
  await open();
  for (const bucket of ["seen", "also", "logs"]) await objects.createBucket({ bucket });
  for (const bucket of ["seen", "also"]) {
    const logging = { targetBucket: "logs", targetPrefix: `${bucket}/` };
    await objects.putBucketLogging({ bucket, logging });
  }
});

afterEach(async () => {
  await close();
  await rm(directory, { recursive: true });
});

/** All logs of a prefix, one behind another. */
async function logged(prefix: string): Promise<string> {
  let text = "";
  for await (const { key } of objects.listObjectsV2({ bucket: "logs", prefix })) {
    const { body } = await objects.getObject({ bucket: "logs", key });
    for await (const chunk of body) text += Buffer.from(chunk).toString();
  }
  return text;
}

test("lines that a closing store was told of are delivered by the next one", async () => {
  objects.noteAccess({ bucket: "seen", line: "one" });
  objects.noteAccess({ bucket: "also", line: "other" });
  objects.noteAccess({ bucket: "seen", line: "two" });
  await close();
  await open();
  expect([objects.isLogged("seen"), objects.isLogged("logs")]).toEqual([true, false]);
  objects.noteAccess({ bucket: "seen", line: "three" });
  await objects.flushAccessLogs();
  expect(await logged("seen/")).toBe("one\ntwo\nthree\n");
  expect(await logged("also/")).toBe("other\n");
  await objects.flushAccessLogs();
  expect(await logged("")).toBe("other\none\ntwo\nthree\n");
});

test("lines of a bucket that is gone, or for a target that is, are let go of", async () => {
  for (const bucket of ["seen", "also"]) objects.noteAccess({ bucket, line: "lost" });
  await objects.deleteBucket({ bucket: "seen" });
  expect(objects.isLogged("seen")).toBe(false);
  await objects.deleteBucket({ bucket: "logs" });
  await objects.flushAccessLogs();
  await objects.createBucket({ bucket: "logs" });
  objects.noteAccess({ bucket: "also", line: "found" });
  await objects.flushAccessLogs();
  expect(await logged("")).toBe("found\n");
  await close();
  await open();
  expect([objects.isLogged("seen"), objects.isLogged("also")]).toEqual([false, true]);
});

/** The disk is full for the transaction after `before` others. */
function fillDisk(before: number): void {
  const transact = store.transact.bind(store) as (...call: unknown[]) => Promise<never>;
  const full = new FirnError("unavailable", "FIRN_DISK_FULL", "the disk is full");
  const spy = vi.spyOn(store, "transact");
  for (let call = 0; call < before; call++) spy.mockImplementationOnce(transact);
  spy.mockRejectedValueOnce(full);
}

test("lines that a full disk keeps out are lost, and neither the server nor its close fails", async () => {
  objects.noteAccess({ bucket: "seen", line: "lost" });
  // The turn of the clock is a transaction too.
  fillDisk(1);
  await store.advanceClock(1000);
  await vi.waitUntil(() => vi.mocked(store.transact).mock.results.length > 1);
  objects.noteAccess({ bucket: "seen", line: "kept" });
  await objects.flushAccessLogs();
  expect(await logged("seen/")).toBe("kept\n");
  objects.noteAccess({ bucket: "seen", line: "lost too" });
  fillDisk(0);
  await objects.close();
});

test("what a full disk does not deliver is delivered another time", async () => {
  objects.noteAccess({ bucket: "seen", line: "late" });
  fillDisk(1);
  await expect(objects.flushAccessLogs()).rejects.toThrow("the disk is full");
  expect(await logged("seen/")).toBe("");
  await objects.flushAccessLogs();
  expect(await logged("seen/")).toBe("late\n");
});
