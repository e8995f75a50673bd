import { rm } from "node:fs/promises";
import { makeTemporaryDirectory, openStore } from "@firn/core";
import type { Store } from "@firn/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LocalKeyRing } from "./key-ring.ts";

let directory: string;
let store: Store;
const use = { accountId: "111111111111", region: "us-east-1", keyId: "k", context: undefined };
const key = new Uint8Array(32).fill(7);

beforeEach(async () => {
  directory = await makeTemporaryDirectory();
  store = await openStore({ directory });
});
afterEach(async () => {
  await store.close();
  await rm(directory, { recursive: true });
});

test("what a key wraps, it unwraps after the store was opened again", async () => {
  const ring = await LocalKeyRing.open({ store });
  const { arn } = await ring.createKey({ accountId: use.accountId, keyId: "k" });
  const wrapped = await ring.wrap(key, use);
  const own = await ring.wrapOwn(key);
  expect(wrapped.keyId).toBe(arn);
  await store.close();
  store = await openStore({ directory });
  const again = await LocalKeyRing.open({ store });
  expect(await again.unwrap(wrapped.wrapped, { ...use, keyId: arn })).toEqual(Buffer.from(key));
  expect(await again.unwrapOwn(own)).toEqual(Buffer.from(key));
});

test("another key, another context and another account unwrap nothing", async () => {
  const ring = await LocalKeyRing.open({ store });
  await ring.createKey({ accountId: use.accountId, keyId: "k" });
  await ring.createKey({ accountId: use.accountId, keyId: "other" });
  const { wrapped, keyId } = await ring.wrap(key, { ...use, context: { of: "a", and: "b" } });
  const open = (changes: object): Promise<Uint8Array> =>
    ring.unwrap(wrapped, { ...use, context: { and: "b", of: "a" }, ...changes });
  expect(await open({})).toEqual(Buffer.from(key));
  const failing = (code: string): unknown => expect.objectContaining({ code });
  await expect(open({ context: {} })).rejects.toEqual(failing("FIRN_KEY_CIPHERTEXT_INVALID"));
  await expect(open({ keyId: "other" })).rejects.toEqual(failing("FIRN_KEY_CIPHERTEXT_INVALID"));
  const stranger = open({ keyId, accountId: "222222222222" });
  await expect(stranger).rejects.toEqual(failing("FIRN_KEY_ACCESS_DENIED"));
  await expect(open({ keyId: "none" })).rejects.toEqual(failing("FIRN_KEY_NOT_FOUND"));
  await ring.setKeyEnabled({ arn: keyId, enabled: false });
  await expect(open({})).rejects.toEqual(failing("FIRN_KEY_DISABLED"));
});

test("an account's key for S3 is made once, by its first use", async () => {
  const ring = await LocalKeyRing.open({ store });
  const first = await ring.wrap(key, { ...use, keyId: undefined });
  const second = await ring.wrap(key, { ...use, keyId: undefined });
  expect(second.keyId).toBe(first.keyId);
  expect(ring.listKeys({ accountId: use.accountId })).toMatchObject([{ manager: "S3" }]);
});

test("a ring keeps to the master key that it was made with", async () => {
  const masterKey = new Uint8Array(32).fill(1);
  const ring = await LocalKeyRing.open({ store, masterKey });
  const own = await ring.wrapOwn(key);
  const wrong = { code: "FIRN_MASTER_KEY_WRONG" };
  const other = new Uint8Array(32).fill(2);
  await expect(LocalKeyRing.open({ store })).rejects.toMatchObject(wrong);
  await expect(LocalKeyRing.open({ store, masterKey: other })).rejects.toMatchObject(wrong);
  const again = await LocalKeyRing.open({ store, masterKey });
  expect(await again.unwrapOwn(own)).toEqual(Buffer.from(key));
});
