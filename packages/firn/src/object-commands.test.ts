import { afterEach, beforeEach, expect, test } from "vitest";
import { Firn } from "./firn.ts";
import { objectCommands } from "./object-commands.ts";

const HOUR_MS = 3_600_000;
const bucket = "kept";

let firn: Firn;

beforeEach(async () => {
  firn = await Firn.open({ ephemeral: true, clockMode: { kind: "manual" } });
  await firn.objects.createBucket({ bucket });
});
afterEach(() => firn.close());

async function call(command: string, body: Record<string, unknown>): Promise<unknown> {
  return await objectCommands(firn.objects).get(`POST objects/${command}`)?.(body);
}

test("root switches rewinding on, sees the window, and restores a bucket", async () => {
  expect(await call("GetRewind", { bucket })).toEqual({ rewind: null });
  await call("PutRewind", { bucket, days: 1.5 });
  await firn.objects.putObject({ bucket, key: "a", body: Buffer.from("one") });
  const then = new Date(firn.store.clock.now());
  await firn.store.advanceClock(HOUR_MS);
  await firn.objects.deleteObject({ bucket, key: "a" });
  const { rewind } = (await call("GetRewind", { bucket })) as { rewind: { windowMs: number } };
  expect(rewind).toMatchObject({
    windowMs: 36 * HOUR_MS,
    latest: new Date(firn.store.clock.now()),
  });
  const request = { bucket, time: then.toISOString(), targetBucket: "restored" };
  expect(await call("Restore", request)).toEqual({ versionCount: 1, bytesCopied: 3 });
  const restored = await firn.objects.headObject({ bucket: "restored", key: "a" });
  expect(restored.contentLength).toBe(3);
  await call("DeleteRewind", { bucket });
  expect(await call("GetRewind", { bucket })).toEqual({ rewind: null });
});

test("root sets what a bucket may hold", async () => {
  await firn.objects.putObject({ bucket, key: "a", body: Buffer.alloc(100) });
  await call("PutQuota", { bucket, bytesMax: 150, objectsMax: 9 });
  expect(await call("GetQuota", { bucket })).toEqual({
    quota: { bytesMax: 150, objectsMax: 9, bytes: 100, objects: 1 },
  });
  const put = firn.objects.putObject({ bucket, key: "b", body: Buffer.alloc(51) });
  await expect(put).rejects.toMatchObject({ code: "FIRN_BUCKET_QUOTA" });
  await call("DeleteQuota", { bucket });
  expect(await call("GetQuota", { bucket })).toEqual({ quota: null });
});

test("root sets what the buckets of an account may hold", async () => {
  const accountId = "000000000000";
  await firn.objects.putObject({ bucket, key: "a", body: Buffer.alloc(100) });
  await call("PutAccountQuota", { accountId, bytesMax: 150 });
  expect(await call("GetAccountQuota", { accountId })).toEqual({
    quota: { bytesMax: 150, objectsMax: undefined, bytes: 100, objects: 1 },
  });
  const put = firn.objects.putObject({ bucket, key: "b", body: Buffer.alloc(51) });
  await expect(put).rejects.toMatchObject({ code: "FIRN_ACCOUNT_QUOTA" });
  await call("DeleteAccountQuota", { accountId });
  expect(await call("GetAccountQuota", { accountId })).toEqual({ quota: null });
  await expect(call("PutAccountQuota", { bytesMax: 1 })).rejects.toMatchObject({
    code: "FIRN_OPTIONS_INVALID",
  });
});

test("what is missing or wrong is named", async () => {
  const invalid = { code: "FIRN_OPTIONS_INVALID" };
  await expect(call("PutRewind", { bucket })).rejects.toMatchObject(invalid);
  await expect(call("PutRewind", { bucket, days: -1 })).rejects.toMatchObject(invalid);
  await expect(call("Restore", { bucket, time: "x" })).rejects.toMatchObject(invalid);
  const nonsense = { bucket, time: "x", targetBucket: "y-bucket" };
  await call("PutRewind", { bucket, days: 1 });
  await expect(call("Restore", nonsense)).rejects.toMatchObject({
    code: "FIRN_BUCKET_REWIND_TIME",
  });
});
