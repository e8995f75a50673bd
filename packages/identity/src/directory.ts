import type {
  AccessKeyWithSecret,
  Account,
  Credential,
  KeyOwner,
  Principal,
  User,
} from "./model.ts";
import type { UserName } from "./identity-options.ts";
import { PolicyDirectory } from "./policy-directory.ts";
import type { ManagedPolicy, UserPolicies } from "./policy-model.ts";
import type { IdentityRecord } from "./records.ts";

/**
 * All accounts, users and keys, in memory: signatures are verified before anything is read from the
 * disk, and synchronously. Bounded by the limits that are checked before anything is added.
 */
export class Directory {
  readonly #accounts = new Map<string, Account>();
  readonly #byCanonicalId = new Map<string, Account>();
  /** Lower case; the first account that has an address keeps it. */
  readonly #byEmail = new Map<string, Account>();
  /** By account, then by name. */
  readonly #users = new Map<string, Map<string, User>>();
  readonly #keys = new Map<string, AccessKeyWithSecret>();
  /** Ids of keys by their owner. */
  readonly #keyIds = new Map<string, Set<string>>();
  /** Active keys only, ready to be handed out without making anything. */
  readonly #credentials = new Map<string, Credential>();
  readonly #policies = new PolicyDirectory();
  #userCount = 0;

  get accountCount(): number {
    return this.#accounts.size;
  }

  get userCount(): number {
    return this.#userCount;
  }

  get policyCount(): number {
    return this.#policies.count;
  }

  get keyCount(): number {
    return this.#keys.size;
  }

  credential(accessKeyId: string): Credential | undefined {
    return this.#credentials.get(accessKeyId);
  }

  account(accountId: string): Account | undefined {
    return this.#accounts.get(accountId);
  }

  accountByCanonicalId(canonicalId: string): Account | undefined {
    return this.#byCanonicalId.get(canonicalId);
  }

  accountByEmail(email: string): Account | undefined {
    return this.#byEmail.get(email.toLowerCase());
  }

  accounts(): Account[] {
    return [...this.#accounts.values()].toSorted((a, b) => order(a.accountId, b.accountId));
  }

  user(accountId: string, userName: string): User | undefined {
    return this.#users.get(accountId)?.get(userName);
  }

  users(accountId: string): User[] {
    const found = this.#users.get(accountId)?.values() ?? [];
    return [...found].toSorted((a, b) => order(a.userName, b.userName));
  }

  key(accessKeyId: string): AccessKeyWithSecret | undefined {
    return this.#keys.get(accessKeyId);
  }

  /** Of one user, or of the account's root; oldest first. */
  keys(owner: KeyOwner): AccessKeyWithSecret[] {
    return [...(this.#keyIds.get(ownerText(owner)) ?? [])]
      .map((id) => this.#keys.get(id) as AccessKeyWithSecret)
      .toSorted((a, b) => a.createdAtMs - b.createdAtMs || order(a.accessKeyId, b.accessKeyId));
  }

  policy(accountId: string, policyName: string): ManagedPolicy | undefined {
    return this.#policies.policy(accountId, policyName);
  }

  policies(accountId: string): ManagedPolicy[] {
    return this.#policies.policies(accountId);
  }

  userPolicies(name: UserName): UserPolicies {
    return this.#policies.ofUser(name);
  }

  /** Names of the users that have the account's policy. */
  usersWithPolicy(accountId: string, policyName: string): string[] {
    return this.#policies.usersWith(accountId, policyName);
  }

  /** Takes what is durable now. Accounts, users and policies come before keys. */
  put(record: IdentityRecord): void {
    switch (record.type) {
      case "account":
        this.#putAccount(record.account);
        break;
      case "user":
        this.#putUser(record.user);
        break;
      case "key":
        this.#putKey(record.key);
        break;
      case "policy":
        this.#policies.put(record.policy);
        break;
      case "userPolicies":
        this.#policies.putOfUser(record.policies);
        // Credentials carry what their user may do: new ones take their place.
        for (const key of this.keys(record.policies)) this.#putKey(key);
    }
  }

  deletePolicy(policy: ManagedPolicy): void {
    this.#policies.delete(policy);
  }

  deleteUser({ accountId, userName }: User): void {
    if (this.#users.get(accountId)?.delete(userName) === true) this.#userCount--;
    this.#policies.deleteOfUser({ accountId, userName });
  }

  deleteKey(accessKeyId: string): void {
    const key = this.#keys.get(accessKeyId);
    if (key !== undefined) this.#keyIds.get(ownerText(key))?.delete(accessKeyId);
    this.#keys.delete(accessKeyId);
    this.#credentials.delete(accessKeyId);
  }

  #putAccount(account: Account): void {
    this.#accounts.set(account.accountId, account);
    this.#byCanonicalId.set(account.canonicalId, account);
    const email = account.email?.toLowerCase();
    if (email !== undefined && !this.#byEmail.has(email)) this.#byEmail.set(email, account);
  }

  #putUser(user: User): void {
    const users = this.#users.get(user.accountId) ?? new Map<string, User>();
    this.#users.set(user.accountId, users);
    if (!users.has(user.userName)) this.#userCount++;
    users.set(user.userName, user);
  }

  #putKey(key: AccessKeyWithSecret): void {
    this.#keys.set(key.accessKeyId, key);
    const ids = this.#keyIds.get(ownerText(key)) ?? new Set();
    this.#keyIds.set(ownerText(key), ids.add(key.accessKeyId));
    const principal = key.status === "Active" ? this.#principal(key) : undefined;
    if (principal === undefined) this.#credentials.delete(key.accessKeyId);
    else {
      const { accessKeyId, secretAccessKey } = key;
      this.#credentials.set(accessKeyId, { accessKeyId, secretAccessKey, principal });
    }
  }

  #principal({ accountId, userName }: AccessKeyWithSecret): Principal | undefined {
    const account = this.#accounts.get(accountId);
    if (account === undefined) return undefined;
    const { canonicalId, displayName } = account;
    const base = { accountId, canonicalId, displayName };
    if (userName === undefined) {
      return { type: "root", ...base, arn: `arn:aws:iam::${accountId}:root` };
    }
    const user = this.user(accountId, userName);
    if (user === undefined) return undefined;
    const policies = this.#policies.documents(user);
    const { arn, userId } = user;
    return { type: "user", ...base, arn, userName, userId, policies };
  }
}

/** No user's name is empty, so the root's text is nobody else's. */
function ownerText({ accountId, userName = "" }: KeyOwner): string {
  return `${accountId}/${userName}`;
}

function order(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
