import { makeTemporaryDirectory, openStore } from "@firn/core";
import type { Store } from "@firn/core";
import { afterEach, describe, expect, test } from "vitest";
import { Identity, administer, applyDeclaration } from "./index.ts";

const open: Store[] = [];
const ACCOUNT = { accountId: "111111111111" };
const ANN = { ...ACCOUNT, userName: "ann" };
const ALLOW = JSON.stringify({ Statement: { Effect: "Allow", Action: "*", Resource: "*" } });

afterEach(async () => {
  for (const store of open.splice(0)) await store.close();
});

async function fresh(directory?: string): Promise<Identity> {
  const home = directory ?? (await makeTemporaryDirectory());
  const store = await openStore({ directory: home, ephemeral: true });
  open.push(store);
  return Identity.open({
    store,
    checkPolicy: (text) => {
      if (text.includes("nonsense")) throw new Error("This policy is nonsense");
    },
  });
}

async function withAnn(identity: Identity): Promise<string> {
  await identity.createAccount({ ...ACCOUNT, displayName: "lab" });
  await identity.createUser(ANN);
  return (await identity.createAccessKey(ANN)).accessKeyId;
}

function policiesOf(identity: Identity, accessKeyId: string): readonly string[] {
  const principal = identity.credentials(accessKeyId)?.principal;
  return principal?.type === "user" ? principal.policies : [];
}

describe("a user's policies", () => {
  test("come with its credentials from the next request on", async () => {
    const identity = await fresh();
    const keyId = await withAnn(identity);
    expect(policiesOf(identity, keyId)).toEqual([]);
    const { policies } = identity;
    await policies.putUserPolicy({ ...ANN, policyName: "own", policyDocument: ALLOW });
    const shared = { ...ACCOUNT, policyName: "shared", policyDocument: `${ALLOW} ` };
    const { arn } = await policies.createPolicy(shared);
    expect(arn).toBe("arn:aws:iam::111111111111:policy/shared");
    await policies.attachUserPolicy({ ...ANN, policyName: "shared" });
    expect(policiesOf(identity, keyId)).toEqual([ALLOW, `${ALLOW} `]);
    await policies.deleteUserPolicy({ ...ANN, policyName: "own" });
    await policies.detachUserPolicy({ ...ANN, policyName: "shared" });
    expect(policiesOf(identity, keyId)).toEqual([]);
    await policies.deletePolicy({ ...ACCOUNT, policyName: "shared" });
    expect(policies.listPolicies(ACCOUNT)).toEqual([]);
  });

  test("survive the process", async () => {
    const directory = await makeTemporaryDirectory();
    const identity = await fresh(directory);
    const keyId = await withAnn(identity);
    const { policies } = identity;
    await policies.createPolicy({ ...ACCOUNT, policyName: "shared", policyDocument: ALLOW });
    await policies.attachUserPolicy({ ...ANN, policyName: "shared" });
    await policies.putUserPolicy({ ...ANN, policyName: "own", policyDocument: ALLOW });
    await open.pop()?.close();
    const again = await fresh(directory);
    expect(policiesOf(again, keyId)).toEqual([ALLOW, ALLOW]);
  });

  test("are checked and bounded", async () => {
    const identity = await fresh();
    await withAnn(identity);
    const { policies } = identity;
    const put = (policyDocument: string, policyName = "own"): Promise<void> =>
      policies.putUserPolicy({ ...ANN, policyName, policyDocument });
    await expect(put("nonsense")).rejects.toMatchObject({
      code: "FIRN_POLICY_INVALID",
      message: "This policy is nonsense",
    });
    await put("x".repeat(1500));
    await expect(put("x".repeat(600), "second")).rejects.toMatchObject({
      code: "FIRN_IDENTITY_LIMIT",
    });
    const missing = policies.attachUserPolicy({ ...ANN, policyName: "none" });
    await expect(missing).rejects.toMatchObject({ code: "FIRN_POLICY_NOT_FOUND" });
    await policies.createPolicy({ ...ACCOUNT, policyName: "p", policyDocument: ALLOW });
    await expect(
      policies.createPolicy({ ...ACCOUNT, policyName: "p", policyDocument: ALLOW }),
    ).rejects.toMatchObject({ code: "FIRN_POLICY_EXISTS" });
    await policies.attachUserPolicy({ ...ANN, policyName: "p" });
    await expect(policies.deletePolicy({ ...ACCOUNT, policyName: "p" })).rejects.toMatchObject({
      code: "FIRN_POLICY_IN_USE",
    });
  });

  test("go with the user", async () => {
    const identity = await fresh();
    const accessKeyId = await withAnn(identity);
    await identity.policies.putUserPolicy({ ...ANN, policyName: "own", policyDocument: ALLOW });
    await identity.deleteAccessKey({ accessKeyId });
    await identity.deleteUser(ANN);
    await identity.createUser(ANN);
    expect(identity.policies.userPolicies(ANN).inline).toEqual({});
  });
});

const DECLARATION = {
  accounts: [
    {
      ...ACCOUNT,
      displayName: "lab",
      email: "lab@example.com",
      accessKeys: [{ accessKeyId: "LABROOT", secretAccessKey: "lab-secret" }],
      policies: [{ policyName: "shared", policyDocument: JSON.parse(ALLOW) as unknown }],
      users: [
        {
          userName: "ann",
          accessKeys: [{ accessKeyId: "ANN", secretAccessKey: "ann-secret" }],
          policies: [{ policyName: "own", policyDocument: ALLOW }],
          attachedPolicies: ["shared"],
        },
      ],
    },
  ],
};

describe("a declaration", () => {
  test("makes what is missing, and nothing the second time", async () => {
    const identity = await fresh();
    for (let i = 0; i < 2; i++) await applyDeclaration(identity, DECLARATION);
    expect(identity.credentials("LABROOT")?.principal.type).toBe("root");
    expect(policiesOf(identity, "ANN")).toEqual([ALLOW, ALLOW]);
    expect(identity.accountByEmail("LAB@example.com")?.accountId).toBe(ACCOUNT.accountId);
  });

  test.each<[name: string, document: unknown, code: string]>([
    ["no object", [], "FIRN_IDENTITY_INVALID"],
    ["an unknown member", { users: [] }, "FIRN_IDENTITY_INVALID"],
    ["an account without an id", { accounts: [{}] }, "FIRN_IDENTITY_INVALID"],
    ["a list that is none", { accounts: [{ ...ACCOUNT, users: {} }] }, "FIRN_IDENTITY_INVALID"],
  ])("is refused with %s", async (_name, document, code) => {
    await expect(applyDeclaration(await fresh(), document)).rejects.toMatchObject({ code });
  });

  test("does not change the secret of a key", async () => {
    const identity = await fresh();
    await applyDeclaration(identity, DECLARATION);
    const accessKeys = [{ accessKeyId: "LABROOT", secretAccessKey: "another" }];
    const changed = { accounts: [{ ...ACCOUNT, displayName: "lab", accessKeys }] };
    await expect(applyDeclaration(identity, changed)).rejects.toMatchObject({
      code: "FIRN_ACCESS_KEY_EXISTS",
    });
  });
});

test("every administrative operation runs by its name", async () => {
  const identity = await fresh();
  const run = (name: string, input: object = {}): ReturnType<typeof administer> =>
    administer(identity, name, input);
  await run("CreateAccount", { ...ACCOUNT, displayName: "lab" });
  expect((await run("ListAccounts"))["items"]).toHaveLength(2);
  await run("CreateUser", ANN);
  expect((await run("ListUsers", ACCOUNT))["items"]).toMatchObject([{ userName: "ann" }]);
  const { accessKeyId } = await run("CreateAccessKey", ANN);
  await run("UpdateAccessKey", { accessKeyId, status: "Inactive" });
  expect(await run("ListAccessKeys", ANN)).toMatchObject({ items: [{ status: "Inactive" }] });
  await run("CreatePolicy", { ...ACCOUNT, policyName: "p", policyDocument: JSON.parse(ALLOW) });
  await run("AttachUserPolicy", { ...ANN, policyName: "p" });
  await run("PutUserPolicy", { ...ANN, policyName: "own", policyDocument: ALLOW });
  expect(await run("GetUserPolicies", ANN)).toMatchObject({ attached: ["p"] });
  await run("DeleteUserPolicy", { ...ANN, policyName: "own" });
  await run("DetachUserPolicy", { ...ANN, policyName: "p" });
  expect((await run("ListPolicies", ACCOUNT))["items"]).toHaveLength(1);
  await run("DeletePolicy", { ...ACCOUNT, policyName: "p" });
  await run("DeleteAccessKey", { accessKeyId });
  await run("DeleteUser", ANN);
  await run("Apply", DECLARATION);
  await expect(run("Nothing")).rejects.toMatchObject({ code: "FIRN_IDENTITY_INVALID" });
  await expect(run("toString")).rejects.toMatchObject({ code: "FIRN_IDENTITY_INVALID" });
});
