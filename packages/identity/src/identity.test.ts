import { makeTemporaryDirectory, openStore } from "@firn/core";
import type { Store } from "@firn/core";
import { afterEach, expect, test } from "vitest";
import { DEFAULT_ACCOUNT_ID, Identity } from "./index.ts";
import type { IdentityOptions } from "./index.ts";

const open: Store[] = [];

afterEach(async () => {
  for (const store of open.splice(0)) await store.close();
});

async function storeIn(directory: string): Promise<Store> {
  const store = await openStore({ directory, ephemeral: true });
  open.push(store);
  return store;
}

async function fresh(root?: IdentityOptions["root"]): Promise<Identity> {
  return Identity.open({ store: await storeIn(await makeTemporaryDirectory()), root });
}

/** Opens identity, lets `use` work on it, and opens the same directory again. */
async function reopened(
  use: (identity: Identity) => Promise<void>,
  root?: IdentityOptions["root"],
): Promise<Identity> {
  const directory = await makeTemporaryDirectory();
  const store = await storeIn(directory);
  const identity = await Identity.open({ store });
  await use(identity);
  await identity.close();
  await store.close();
  return Identity.open({ store: await storeIn(directory), root });
}

test("a new store has the default account with a root key of AWS's form", async () => {
  const identity = await fresh();
  const { accountId, accessKeyId, secretAccessKey } = identity.root();
  expect(accountId).toBe(DEFAULT_ACCOUNT_ID);
  expect(accessKeyId).toMatch(/^AKIA[A-Z2-7]{16}$/);
  expect(secretAccessKey).toMatch(/^[A-Za-z0-9+/]{40}$/);
  const credential = identity.credentials(accessKeyId);
  expect(credential?.secretAccessKey).toBe(secretAccessKey);
  expect(credential?.principal).toEqual({
    type: "root",
    accountId,
    canonicalId: identity.account(accountId)?.canonicalId,
    displayName: "firn",
    arn: "arn:aws:iam::000000000000:root",
  });
  expect(credential?.principal.canonicalId).toMatch(/^[0-9a-f]{64}$/);
});

test("the root key is the same after a restart", async () => {
  let before = "";
  const identity = await reopened(async (first) => {
    await Promise.resolve();
    before = JSON.stringify(first.root());
  });
  expect(JSON.stringify(identity.root())).toBe(before);
});

test("a root key that is given takes the place of the stored one", async () => {
  let stored = "";
  const given = { accessKeyId: "test", secretAccessKey: "test" };
  const identity = await reopened(async (first) => {
    await Promise.resolve();
    stored = first.root().accessKeyId;
  }, given);
  expect(identity.root()).toEqual({ accountId: DEFAULT_ACCOUNT_ID, ...given });
  expect(identity.credentials("test")?.principal.type).toBe("root");
  expect(identity.credentials(stored)).toBeUndefined();
});

test("a given root key with the stored id changes the secret and enables it", async () => {
  const given = { accessKeyId: "admin", secretAccessKey: "new-secret" };
  const identity = await reopened(async (first) => {
    await first.createAccessKey({
      accountId: DEFAULT_ACCOUNT_ID,
      ...given,
      secretAccessKey: "old",
    });
    await first.setAccessKeyStatus({ accessKeyId: "admin", status: "Inactive" });
  }, given);
  expect(identity.credentials("admin")?.secretAccessKey).toBe("new-secret");
  expect(identity.listAccessKeys({ accountId: DEFAULT_ACCOUNT_ID })).toHaveLength(1);
});

test("a root key may not take a user's id", async () => {
  const given = { accessKeyId: "alice", secretAccessKey: "secret" };
  const opening = reopened(async (first) => {
    await first.createUser({ accountId: DEFAULT_ACCOUNT_ID, userName: "alice" });
    await first.createAccessKey({
      accountId: DEFAULT_ACCOUNT_ID,
      userName: "alice",
      accessKeyId: "alice",
    });
  }, given);
  await expect(opening).rejects.toMatchObject({ code: "FIRN_ACCESS_KEY_EXISTS" });
});

test("accounts, users, keys and their states outlive a restart", async () => {
  const canonicalId = "c".repeat(64);
  const identity = await reopened(async (first) => {
    const account = await first.createAccount({
      accountId: "111122223333",
      canonicalId,
      displayName: "Alt",
      email: "alt@example.com",
    });
    await first.createUser({ accountId: account.accountId, userName: "bob", path: "/ops/" });
    const owner = { accountId: account.accountId, userName: "bob" };
    await first.createAccessKey({ ...owner, accessKeyId: "bob-1".replace("-", "_") });
    await first.createAccessKey({ ...owner, accessKeyId: "bob_2" });
    await first.setAccessKeyStatus({ accessKeyId: "bob_2", status: "Inactive" });
  });
  expect(identity.accountByCanonicalId(canonicalId)?.accountId).toBe("111122223333");
  expect(identity.listAccounts().map((account) => account.displayName)).toEqual(["firn", "Alt"]);
  expect(identity.credentials("bob_1")?.principal).toMatchObject({
    type: "user",
    accountId: "111122223333",
    canonicalId,
    displayName: "Alt",
    userName: "bob",
    userId: expect.stringMatching(/^AIDA[A-Z2-7]{17}$/),
    arn: "arn:aws:iam::111122223333:user/ops/bob",
  });
  expect(identity.credentials("bob_2")).toBeUndefined();
  const keys = identity.listAccessKeys({ accountId: "111122223333", userName: "bob" });
  expect(keys.map(({ status }) => status).toSorted()).toEqual(["Active", "Inactive"]);
  expect(JSON.stringify(keys)).not.toContain("secret");
});

test("a disabled key is refused at once, and accepted again when it is enabled", async () => {
  const identity = await fresh();
  const { accessKeyId } = await identity.createAccessKey({ accountId: DEFAULT_ACCOUNT_ID });
  await identity.setAccessKeyStatus({ accessKeyId, status: "Inactive" });
  expect(identity.credentials(accessKeyId)).toBeUndefined();
  await identity.setAccessKeyStatus({ accessKeyId, status: "Active" });
  expect(identity.credentials(accessKeyId)?.accessKeyId).toBe(accessKeyId);
  await identity.deleteAccessKey({ accessKeyId });
  expect(identity.credentials(accessKeyId)).toBeUndefined();
});

test("the default account keeps one active root key, whatever is deleted or disabled", async () => {
  const identity = await fresh();
  const { accessKeyId } = identity.root();
  const last = { code: "FIRN_ROOT_KEY_LAST", kind: "conflict" };
  await expect(identity.deleteAccessKey({ accessKeyId })).rejects.toMatchObject(last);
  const disabling = identity.setAccessKeyStatus({ accessKeyId, status: "Inactive" });
  await expect(disabling).rejects.toMatchObject(last);
  const next = await identity.createAccessKey({ accountId: DEFAULT_ACCOUNT_ID });
  await identity.deleteAccessKey({ accessKeyId });
  expect(identity.root().accessKeyId).toBe(next.accessKeyId);
});

test("a change that the store refuses is not seen", async () => {
  const store = await storeIn(await makeTemporaryDirectory());
  const identity = await Identity.open({ store });
  await store.close();
  const refused = identity.createAccount({ displayName: "late", accountId: "111122223333" });
  await expect(refused).rejects.toMatchObject({ code: "FIRN_STORE_CLOSED" });
  expect(identity.account("111122223333")).toBeUndefined();
});

test("a user is deleted after its keys, and its name may be used again by another", async () => {
  const identity = await fresh();
  const name = { accountId: DEFAULT_ACCOUNT_ID, userName: "carol" };
  const first = await identity.createUser(name);
  const { accessKeyId } = await identity.createAccessKey(name);
  await expect(identity.deleteUser(name)).rejects.toMatchObject({ code: "FIRN_USER_IN_USE" });
  await identity.deleteAccessKey({ accessKeyId });
  await identity.deleteUser(name);
  expect(identity.listUsers(name)).toEqual([]);
  expect((await identity.createUser(name)).userId).not.toBe(first.userId);
});

test("a user has two keys at the most, also when both are asked for at once", async () => {
  const identity = await fresh();
  const name = { accountId: DEFAULT_ACCOUNT_ID, userName: "dave" };
  await identity.createUser(name);
  const made = await Promise.allSettled([1, 2, 3].map(() => identity.createAccessKey(name)));
  expect(made.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
  expect(made[2]).toMatchObject({ reason: { code: "FIRN_IDENTITY_LIMIT", kind: "limit" } });
});

test("what exists is not made twice, what does not exist is not found", async () => {
  const identity = await fresh();
  const accountId = DEFAULT_ACCOUNT_ID;
  await identity.createUser({ accountId, userName: "eve" });
  await identity.createAccessKey({ accountId, accessKeyId: "mine" });
  const refusals: [Promise<unknown>, string][] = [
    [identity.createAccount({ accountId, displayName: "again" }), "FIRN_ACCOUNT_EXISTS"],
    [identity.createUser({ accountId, userName: "eve" }), "FIRN_USER_EXISTS"],
    [
      identity.createAccessKey({ accountId, userName: "eve", accessKeyId: "mine" }),
      "FIRN_ACCESS_KEY_EXISTS",
    ],
    [identity.createUser({ accountId: "999999999999", userName: "x" }), "FIRN_ACCOUNT_NOT_FOUND"],
    [identity.createAccessKey({ accountId, userName: "nobody" }), "FIRN_USER_NOT_FOUND"],
    [identity.deleteUser({ accountId, userName: "nobody" }), "FIRN_USER_NOT_FOUND"],
    [identity.deleteAccessKey({ accessKeyId: "none" }), "FIRN_ACCESS_KEY_NOT_FOUND"],
    [
      identity.setAccessKeyStatus({ accessKeyId: "none", status: "Active" }),
      "FIRN_ACCESS_KEY_NOT_FOUND",
    ],
  ];
  for (const [refused, code] of refusals) await expect(refused).rejects.toMatchObject({ code });
  expect(() => identity.listUsers({ accountId: "999999999999" })).toThrow("no such account");
});

test("an account's members keep their rules", async () => {
  const identity = await fresh();
  const wrong = [
    { displayName: "a", accountId: "1" },
    { displayName: "a", canonicalId: "z".repeat(64) },
    { displayName: "" },
    { displayName: "a\nb" },
    { displayName: "a", email: "a" },
  ];
  for (const options of wrong) {
    const refused = identity.createAccount(options);
    await expect(refused).rejects.toMatchObject({ code: "FIRN_IDENTITY_INVALID", kind: "invalid" });
  }
});

test("a user's name and path keep IAM's rules", async () => {
  const identity = await fresh();
  const wrong = [
    { userName: "" },
    { userName: "a b" },
    { userName: "a".repeat(65) },
    { userName: "a", path: "ops/" },
    { userName: "a", path: "/ops" },
    { userName: "a", path: `/${"a".repeat(512)}/` },
  ];
  for (const options of wrong) {
    const refused = identity.createUser({ accountId: DEFAULT_ACCOUNT_ID, ...options });
    await expect(refused).rejects.toMatchObject({ code: "FIRN_IDENTITY_INVALID" });
  }
});

test("an error never shows a secret", async () => {
  const identity = await fresh();
  const secretAccessKey = "not a good secret";
  const refused = identity.createAccessKey({ accountId: DEFAULT_ACCOUNT_ID, secretAccessKey });
  const error: unknown = await refused.catch((reason: unknown) => reason);
  expect(JSON.stringify(error) + String(error)).not.toContain(secretAccessKey);
});

test("after close nothing is changed any more", async () => {
  const identity = await fresh();
  await identity.close();
  await identity.close();
  const refused = identity.createAccount({ displayName: "late" });
  await expect(refused).rejects.toMatchObject({ code: "FIRN_IDENTITY_CLOSED", kind: "closed" });
});
