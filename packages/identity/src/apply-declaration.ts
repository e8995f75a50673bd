import { identityError } from "./identity-error.ts";
import type { Identity } from "./identity.ts";
import { JsonMembers } from "./json-members.ts";
import type { KeyOwner } from "./model.ts";

/**
 * Makes what a document declares and what is not there yet; what is there stays, and nothing is
 * removed. Applying it once more changes nothing.
 *
 *     { "accounts": [{ "accountId": "111111111111", "displayName": "lab",
 *         "accessKeys": [{ "accessKeyId": "…", "secretAccessKey": "…" }],
 *         "policies": [{ "policyName": "read", "policyDocument": { … } }],
 *         "users": [{ "userName": "ann", "accessKeys": [ … ], "policies": [ … ],
 *           "attachedPolicies": ["read"] }] }] }
 *
 * @throws FIRN_IDENTITY_INVALID for a document that cannot be read; FIRN_ACCESS_KEY_EXISTS for a
 * key that is somebody else's; FIRN_POLICY_INVALID; FIRN_IDENTITY_LIMIT.
 */
export async function applyDeclaration(identity: Identity, document: unknown): Promise<void> {
  const root = new JsonMembers(document, "declaration", ["accounts"]);
  for (const [index, one] of root.list("accounts").entries()) {
    await applyAccount(identity, one, `accounts[${index}]`);
  }
}

async function applyAccount(identity: Identity, value: unknown, path: string): Promise<void> {
  const account = new JsonMembers(value, path, [
    "accountId",
    "displayName",
    "canonicalId",
    "email",
    "accessKeys",
    "policies",
    "users",
  ]);
  const accountId = account.required("accountId");
  if (identity.account(accountId) === undefined) {
    await identity.createAccount({
      accountId,
      displayName: account.required("displayName"),
      canonicalId: account.optional("canonicalId"),
      email: account.optional("email"),
    });
  }
  await applyKeys(identity, { accountId }, { keys: account.list("accessKeys"), path });
  const known = new Set(identity.policies.listPolicies({ accountId }).map((one) => one.policyName));
  for (const one of account.list("policies")) {
    const policy = readPolicy(one, path);
    if (known.has(policy.policyName)) continue;
    await identity.policies.createPolicy({ accountId, ...policy });
  }
  for (const [index, one] of account.list("users").entries()) {
    await applyUser(identity, accountId, { value: one, path: `${path}.users[${index}]` });
  }
}

interface Declared {
  readonly value: unknown;
  readonly path: string;
}

async function applyUser(
  identity: Identity,
  accountId: string,
  { value, path }: Declared,
): Promise<void> {
  const names = ["userName", "path", "accessKeys", "policies", "attachedPolicies"];
  const user = new JsonMembers(value, path, names);
  const name = { accountId, userName: user.required("userName") };
  if (identity.user(name) === undefined) {
    await identity.createUser({ ...name, path: user.optional("path") });
  }
  await applyKeys(identity, name, { keys: user.list("accessKeys"), path });
  const has = identity.policies.userPolicies(name);
  for (const one of user.list("policies")) {
    const { policyName, policyDocument } = readPolicy(one, path);
    if (has.inline[policyName] === policyDocument) continue;
    await identity.policies.putUserPolicy({ ...name, policyName, policyDocument });
  }
  for (const policyName of user.texts("attachedPolicies")) {
    await identity.policies.attachUserPolicy({ ...name, policyName });
  }
}

interface DeclaredKeys {
  readonly keys: readonly unknown[];
  readonly path: string;
}

async function applyKeys(
  identity: Identity,
  owner: KeyOwner,
  { keys, path }: DeclaredKeys,
): Promise<void> {
  const known = new Set(identity.listAccessKeys(owner).map(({ accessKeyId }) => accessKeyId));
  for (const one of keys) {
    const key = new JsonMembers(one, `${path}.accessKeys`, ["accessKeyId", "secretAccessKey"]);
    const accessKeyId = key.required("accessKeyId");
    const secretAccessKey = key.required("secretAccessKey");
    if (!known.has(accessKeyId)) {
      await identity.createAccessKey({ ...owner, accessKeyId, secretAccessKey });
      continue;
    }
    const credential = identity.credentials(accessKeyId);
    if (credential === undefined || credential.secretAccessKey === secretAccessKey) continue;
    const text = "the access key is there with another secret: delete it first";
    throw identityError("FIRN_ACCESS_KEY_EXISTS", text, { accessKeyId });
  }
}

function readPolicy(
  value: unknown,
  path: string,
): { readonly policyName: string; readonly policyDocument: string } {
  const policy = new JsonMembers(value, `${path}.policies`, ["policyName", "policyDocument"]);
  return {
    policyName: policy.required("policyName"),
    policyDocument: policy.document("policyDocument"),
  };
}
