import type { UserName } from "./identity-options.ts";
import type { ManagedPolicy, UserPolicies } from "./policy-model.ts";

/** All policies, in memory. */
export class PolicyDirectory {
  /** By account and name. */
  readonly #managed = new Map<string, ManagedPolicy>();
  /** By account and user. */
  readonly #ofUsers = new Map<string, UserPolicies>();

  get count(): number {
    return this.#managed.size;
  }

  policy(accountId: string, policyName: string): ManagedPolicy | undefined {
    return this.#managed.get(`${accountId}/${policyName}`);
  }

  /** By name. */
  policies(accountId: string): ManagedPolicy[] {
    return [...this.#managed.values()]
      .filter((policy) => policy.accountId === accountId)
      .toSorted((a, b) => (a.policyName < b.policyName ? -1 : 1));
  }

  ofUser({ accountId, userName }: UserName): UserPolicies {
    const none = { accountId, userName, inline: {}, attached: [] };
    return this.#ofUsers.get(`${accountId}/${userName}`) ?? none;
  }

  /** Names of the users that have the account's policy. */
  usersWith(accountId: string, policyName: string): string[] {
    return [...this.#ofUsers.values()]
      .filter((one) => one.accountId === accountId && one.attached.includes(policyName))
      .map(({ userName }) => userName);
  }

  /** All documents that say what the user may do. */
  documents(name: UserName): string[] {
    const { inline, attached } = this.ofUser(name);
    const shared = attached.flatMap((policyName) => {
      return this.policy(name.accountId, policyName)?.policyDocument ?? [];
    });
    return [...Object.values(inline), ...shared];
  }

  put(policy: ManagedPolicy): void {
    this.#managed.set(`${policy.accountId}/${policy.policyName}`, policy);
  }

  delete({ accountId, policyName }: ManagedPolicy): void {
    this.#managed.delete(`${accountId}/${policyName}`);
  }

  putOfUser(policies: UserPolicies): void {
    this.#ofUsers.set(`${policies.accountId}/${policies.userName}`, policies);
  }

  deleteOfUser({ accountId, userName }: UserName): void {
    this.#ofUsers.delete(`${accountId}/${userName}`);
  }
}
