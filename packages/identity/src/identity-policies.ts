import type { Store } from "@firn/core";
import {
  ATTACHED_POLICIES_MAX,
  INLINE_POLICY_BYTES_MAX,
  MANAGED_POLICY_BYTES_MAX,
  POLICIES_MAX,
} from "./constants.ts";
import type { Directory } from "./directory.ts";
import { identityError } from "./identity-error.ts";
import type { UserName } from "./identity-options.ts";
import { requireRoom } from "./make-records.ts";
import type {
  CreatePolicyOptions,
  ManagedPolicy,
  PolicyCheck,
  PolicyName,
  PutUserPolicyOptions,
  UserPolicies,
  UserPolicyName,
} from "./policy-model.ts";
import type { IdentityChange } from "./identity-change.ts";
import { requireValid } from "./rules.ts";

export interface IdentityPoliciesParts {
  readonly store: Pick<Store, "clock">;
  readonly directory: Directory;
  readonly check: PolicyCheck;
  /** Commits what the plan says, one after the other. */
  readonly change: <T>(plan: () => IdentityChange<T>) => Promise<T>;
  /** @throws FIRN_ACCOUNT_NOT_FOUND. */
  readonly requireAccount: (accountId: string) => void;
  /** @throws FIRN_ACCOUNT_NOT_FOUND, FIRN_USER_NOT_FOUND. */
  readonly requireUser: (name: UserName) => void;
}

/**
 * What users may do. Changes resolve after fdatasync and hold from the next request on; reads are
 * synchronous, from memory.
 */
export class IdentityPolicies {
  readonly #parts: IdentityPoliciesParts;

  constructor(parts: IdentityPoliciesParts) {
    this.#parts = parts;
  }

  /**
   * A policy of the account, to be attached to its users.
   * @throws FIRN_POLICY_EXISTS, FIRN_POLICY_INVALID, FIRN_ACCOUNT_NOT_FOUND, FIRN_IDENTITY_INVALID,
   * FIRN_IDENTITY_LIMIT above 10,000 policies.
   */
  async createPolicy(options: CreatePolicyOptions): Promise<ManagedPolicy> {
    const { directory, store, change, requireAccount } = this.#parts;
    const { accountId, policyName, policyDocument } = options;
    await this.#checkDocument(policyDocument, MANAGED_POLICY_BYTES_MAX);
    return await change(() => {
      requireAccount(accountId);
      requireValid("policyName", policyName);
      if (directory.policy(accountId, policyName) !== undefined) {
        const text = `the policy exists: ${policyName}`;
        throw identityError("FIRN_POLICY_EXISTS", text, { policyName });
      }
      requireRoom("policies", directory.policyCount, POLICIES_MAX);
      const arn = `arn:aws:iam::${accountId}:policy/${policyName}`;
      const createdAtMs = store.clock.now();
      const policy = { accountId, policyName, arn, policyDocument, createdAtMs };
      return { result: policy, put: [{ type: "policy", policy }] };
    });
  }

  /** @throws FIRN_POLICY_NOT_FOUND, FIRN_POLICY_IN_USE while a user has it. */
  deletePolicy(name: PolicyName): Promise<void> {
    const { directory, change } = this.#parts;
    return change(() => {
      const policy = this.#requirePolicy(name);
      const users = directory.usersWithPolicy(name.accountId, name.policyName);
      if (users.length > 0) {
        const text = "detach the policy from its users first";
        throw identityError("FIRN_POLICY_IN_USE", text, { ...name, users });
      }
      return { result: undefined, deletePolicy: policy };
    });
  }

  /** By name. @throws FIRN_ACCOUNT_NOT_FOUND. */
  listPolicies({ accountId }: { readonly accountId: string }): ManagedPolicy[] {
    this.#parts.requireAccount(accountId);
    return this.#parts.directory.policies(accountId);
  }

  /** @throws FIRN_POLICY_NOT_FOUND, FIRN_USER_NOT_FOUND, FIRN_IDENTITY_LIMIT above 10 of a user. */
  attachUserPolicy(name: UserPolicyName): Promise<void> {
    return this.#changeUser(name, (policies) => {
      this.#requirePolicy(name);
      if (policies.attached.includes(name.policyName)) return policies;
      requireRoom("policies of a user", policies.attached.length, ATTACHED_POLICIES_MAX);
      return { ...policies, attached: [...policies.attached, name.policyName] };
    });
  }

  /** @throws FIRN_POLICY_NOT_FOUND when the user does not have it, FIRN_USER_NOT_FOUND. */
  detachUserPolicy(name: UserPolicyName): Promise<void> {
    return this.#changeUser(name, (policies) => {
      if (!policies.attached.includes(name.policyName)) throw notFound(name.policyName);
      const attached = policies.attached.filter((one) => one !== name.policyName);
      return { ...policies, attached };
    });
  }

  /**
   * A policy of the user's own, in the place of one of that name.
   * @throws FIRN_POLICY_INVALID, FIRN_USER_NOT_FOUND, FIRN_IDENTITY_INVALID.
   */
  async putUserPolicy(options: PutUserPolicyOptions): Promise<void> {
    const { policyName, policyDocument } = options;
    await this.#checkDocument(policyDocument, INLINE_POLICY_BYTES_MAX);
    await this.#changeUser(options, (policies) => {
      requireValid("policyName", policyName);
      const inline = { ...policies.inline, [policyName]: policyDocument };
      const bytes = Object.values(inline).reduce((sum, one) => sum + Buffer.byteLength(one), 0);
      requireRoom("bytes of a user's own policies", bytes, INLINE_POLICY_BYTES_MAX + 1);
      return { ...policies, inline };
    });
  }

  /** @throws FIRN_POLICY_NOT_FOUND, FIRN_USER_NOT_FOUND. */
  deleteUserPolicy(name: UserPolicyName): Promise<void> {
    return this.#changeUser(name, (policies) => {
      const { [name.policyName]: gone, ...inline } = policies.inline;
      if (gone === undefined) throw notFound(name.policyName);
      return { ...policies, inline };
    });
  }

  /** What the user has. @throws FIRN_ACCOUNT_NOT_FOUND, FIRN_USER_NOT_FOUND. */
  userPolicies(name: UserName): UserPolicies {
    this.#parts.requireUser(name);
    return this.#parts.directory.userPolicies(name);
  }

  #changeUser(name: UserName, next: (policies: UserPolicies) => UserPolicies): Promise<void> {
    const { directory, change, requireUser } = this.#parts;
    return change(() => {
      requireUser(name);
      const policies = next(directory.userPolicies(name));
      return { result: undefined, put: [{ type: "userPolicies", policies }] };
    });
  }

  #requirePolicy({ accountId, policyName }: PolicyName): ManagedPolicy {
    const policy = this.#parts.directory.policy(accountId, policyName);
    if (policy !== undefined) return policy;
    throw notFound(policyName);
  }

  async #checkDocument(policyDocument: string, bytesMax: number): Promise<void> {
    if (Buffer.byteLength(policyDocument) > bytesMax) {
      throw invalid(`a policy of this kind has at most ${bytesMax} bytes`);
    }
    try {
      await this.#parts.check(policyDocument);
    } catch (cause) {
      throw invalid(cause instanceof Error ? cause.message : String(cause));
    }
  }
}

function notFound(policyName: string): Error {
  return identityError("FIRN_POLICY_NOT_FOUND", `no such policy: ${policyName}`, { policyName });
}

function invalid(message: string): Error {
  return identityError("FIRN_POLICY_INVALID", message);
}
