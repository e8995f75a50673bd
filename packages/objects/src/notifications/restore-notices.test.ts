import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore } from "@firn/core";
import type { Store } from "@firn/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ObjectStore } from "../object-store.ts";
import type { S3EventRecord } from "./notification-types.ts";

const HOUR_MS = 3_600_000;
const bucket = "thawed";
const arn = "arn:aws:sqs:us-east-1:000000000000:restores";

let directory: string;
let store: Store;
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
  directory = await mkdtemp(join(tmpdir(), "firn-notices-"));
  await open();
  await objects.createBucket({ bucket });
  const rules = [{ id: "r", kind: "Queue", arn, events: ["s3:ObjectRestore:*"] }] as const;
  await objects.putBucketNotificationConfiguration({ bucket, notifications: { rules } });
  for (const key of ["a", "gone"]) {
    await objects.putObject({ bucket, key, body: Buffer.from(key), storageClass: "GLACIER" });
  }
});

afterEach(async () => {
  await close();
  await rm(directory, { recursive: true });
});

/** Everything that is told from now on, until `stop`. */
function listen(): { readonly told: S3EventRecord[]; stop(): Promise<void> } {
  const told: S3EventRecord[] = [];
  const delivery = objects.deliver({
    destination: arn,
    send: ({ Records }) => {
      told.push(...Records);
      return Promise.resolve();
    },
  });
  return { told, stop: () => delivery.stop() };
}

const namesOf = (told: readonly S3EventRecord[]): string[] =>
  told.map(({ eventName, s3 }) => `${eventName} ${s3.object.key}`);

test("that a copy is there is told when its time has come, once, through a restart", async () => {
  await objects.restoreObject({ bucket, key: "a", days: 2, tier: "Bulk" });
  await objects.restoreObject({ bucket, key: "gone", days: 2 });
  // Hastened: only the sooner time counts.
  await objects.restoreObject({ bucket, key: "a", days: 2, tier: "Standard" });
  await objects.deleteObject({ bucket, key: "gone" });
  const before = listen();
  await expect.poll(() => before.told.length).toBe(3);
  await store.advanceClock(2 * HOUR_MS);
  await before.stop();
  expect(namesOf(before.told).every((name) => name.startsWith("ObjectRestore:Post"))).toBe(true);
  await close();
  await open();
  const { told, stop } = listen();
  await store.advanceClock(3 * HOUR_MS);
  await expect.poll(() => told.length).toBe(1);
  await store.advanceClock(12 * HOUR_MS);
  await objects.restoreObject({ bucket, key: "a", days: 5 });
  await expect.poll(() => told.length).toBe(2);
  expect(namesOf(told)).toEqual(["ObjectRestore:Completed a", "ObjectRestore:Post a"]);
  const [{ glacierEventData, s3 }] = told as [S3EventRecord];
  expect(s3.object.size).toBe(1);
  expect(glacierEventData?.restoreEventData).toMatchObject({
    lifecycleRestoreStorageClass: "GLACIER",
    lifecycleRestorationExpiryTime: expect.stringMatching(/T00:00:00\.000Z$/),
  });
  await stop();
});
