import { applyDeclaration } from "./apply-declaration.ts";
import { identityError } from "./identity-error.ts";
import type { Identity } from "./identity.ts";
import { JsonMembers } from "./json-members.ts";
import type { KeyOwner } from "./model.ts";

type Run = (identity: Identity, input: JsonMembers) => unknown;

const APPLY = "Apply";

interface AdminOperation {
  readonly members: readonly string[];
  readonly run: Run;
}

const account = (input: JsonMembers): { readonly accountId: string } => ({
  accountId: input.required("accountId"),
});
const user = (input: JsonMembers): { readonly accountId: string; readonly userName: string } => ({
  ...account(input),
  userName: input.required("userName"),
});
const owner = (input: JsonMembers): KeyOwner => ({
  ...account(input),
  userName: input.optional("userName"),
});
const policy = (input: JsonMembers): { readonly policyName: string } => ({
  policyName: input.required("policyName"),
});
const document = (input: JsonMembers): { readonly policyDocument: string } => ({
  policyDocument: input.document("policyDocument"),
});
const key = (input: JsonMembers): { readonly accessKeyId: string } => ({
  accessKeyId: input.required("accessKeyId"),
});

const ACCOUNT: readonly string[] = ["accountId"];
const USER: readonly string[] = [...ACCOUNT, "userName"];
const POLICY: readonly string[] = [...ACCOUNT, "policyName"];
const USER_POLICY: readonly string[] = [...USER, "policyName"];

const operations: Readonly<Record<string, AdminOperation>> = {
  CreateAccount: {
    members: [...ACCOUNT, "displayName", "canonicalId", "email"],
    run: (identity, input) =>
      identity.createAccount({
        displayName: input.required("displayName"),
        accountId: input.optional("accountId"),
        canonicalId: input.optional("canonicalId"),
        email: input.optional("email"),
      }),
  },
  ListAccounts: { members: [], run: (identity) => identity.listAccounts() },
  CreateUser: {
    members: [...USER, "path"],
    run: (identity, input) => identity.createUser({ ...user(input), path: input.optional("path") }),
  },
  DeleteUser: { members: USER, run: (identity, input) => identity.deleteUser(user(input)) },
  ListUsers: { members: ACCOUNT, run: (identity, input) => identity.listUsers(account(input)) },
  CreateAccessKey: {
    members: [...USER, "accessKeyId", "secretAccessKey"],
    run: (identity, input) =>
      identity.createAccessKey({
        ...owner(input),
        accessKeyId: input.optional("accessKeyId"),
        secretAccessKey: input.optional("secretAccessKey"),
      }),
  },
  ListAccessKeys: {
    members: USER,
    run: (identity, input) => identity.listAccessKeys(owner(input)),
  },
  UpdateAccessKey: {
    members: ["accessKeyId", "status"],
    run: (identity, input) => {
      const status = input.required("status");
      if (status !== "Active" && status !== "Inactive") {
        throw identityError("FIRN_IDENTITY_INVALID", "status must be Active or Inactive");
      }
      return identity.setAccessKeyStatus({ ...key(input), status });
    },
  },
  DeleteAccessKey: {
    members: ["accessKeyId"],
    run: (identity, input) => identity.deleteAccessKey(key(input)),
  },
  CreatePolicy: {
    members: [...POLICY, "policyDocument"],
    run: (identity, input) =>
      identity.policies.createPolicy({ ...account(input), ...policy(input), ...document(input) }),
  },
  DeletePolicy: {
    members: POLICY,
    run: (identity, input) =>
      identity.policies.deletePolicy({ ...account(input), ...policy(input) }),
  },
  ListPolicies: {
    members: ACCOUNT,
    run: (identity, input) => identity.policies.listPolicies(account(input)),
  },
  PutUserPolicy: {
    members: [...USER_POLICY, "policyDocument"],
    run: (identity, input) =>
      identity.policies.putUserPolicy({ ...user(input), ...policy(input), ...document(input) }),
  },
  DeleteUserPolicy: {
    members: USER_POLICY,
    run: (identity, input) =>
      identity.policies.deleteUserPolicy({ ...user(input), ...policy(input) }),
  },
  AttachUserPolicy: {
    members: USER_POLICY,
    run: (identity, input) =>
      identity.policies.attachUserPolicy({ ...user(input), ...policy(input) }),
  },
  DetachUserPolicy: {
    members: USER_POLICY,
    run: (identity, input) =>
      identity.policies.detachUserPolicy({ ...user(input), ...policy(input) }),
  },
  GetUserPolicies: {
    members: USER,
    run: (identity, input) => identity.policies.userPolicies(user(input)),
  },
};

/** The names that `administer` knows. */
export const adminOperations: readonly string[] = [...Object.keys(operations), APPLY];

/**
 * Runs an administrative operation by its name, with an input that somebody else has written: the
 * calls of `Identity`, and `Apply`, which takes a whole declaration.
 *
 * @throws FIRN_IDENTITY_INVALID for an unknown name or input, and what the call throws.
 */
export async function administer(
  identity: Identity,
  name: string,
  input: unknown,
): Promise<Readonly<Record<string, unknown>>> {
  if (name === APPLY) {
    await applyDeclaration(identity, input);
    return {};
  }
  const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
  if (operation === undefined) {
    const text = `there is no operation ${name.slice(0, 64)}`;
    throw identityError("FIRN_IDENTITY_INVALID", text, { name });
  }
  const members = new JsonMembers(input ?? {}, name, operation.members);
  const result = await operation.run(identity, members);
  if (result === undefined) return {};
  return Array.isArray(result) ? { items: result } : { ...(result as object) };
}
