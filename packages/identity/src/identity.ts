import { unpackValue } from "@firn/core";
import type { KeySpaceId, Store } from "@firn/core";
import { ACCESS_KEYS_PER_USER_MAX, DEFAULT_ACCOUNT_ID } from "./constants.ts";
import { Directory } from "./directory.ts";
import { followChange, writeChange } from "./identity-change.ts";
import type { IdentityChange } from "./identity-change.ts";
import { identityError } from "./identity-error.ts";
import type {
  CreateAccessKeyOptions,
  CreateAccountOptions,
  CreateUserOptions,
  IdentityOptions,
  UserName,
} from "./identity-options.ts";
import { IdentityPolicies } from "./identity-policies.ts";
import { newAccessKey, newAccount, newUser, requireRoom, withoutSecret } from "./make-records.ts";
import type {
  AccessKey,
  AccessKeyStatus,
  AccessKeyWithSecret,
  Account,
  Credential,
  KeyOwner,
  RootCredentials,
  User,
} from "./model.ts";
import { IDENTITY_SPACE } from "./records.ts";
import type { IdentityRecord } from "./records.ts";
import { requireValid } from "./rules.ts";

/**
 * Accounts, their users and access keys. Changes resolve after fdatasync and are seen by
 * `credentials` from then on; a deleted or disabled key is refused from the next request. Reads are
 * synchronous, from memory. One Identity per store.
 */
export class Identity {
  /** What users may do. */
  readonly policies: IdentityPolicies;
  readonly #store: Store;
  readonly #space: KeySpaceId;
  readonly #directory = new Directory();
  /** Changes one after the other: they are rare, and memory follows the log in its order. */
  #queue: Promise<unknown> = Promise.resolve();
  #closed = false;

  private constructor({ store, checkPolicy }: IdentityOptions, space: KeySpaceId) {
    this.#store = store;
    this.#space = space;
    this.policies = new IdentityPolicies({
      store,
      directory: this.#directory,
      check: checkPolicy ?? checkJson,
      change: (plan) => this.#change(plan),
      requireAccount: (accountId) => this.#requireAccount(accountId),
      requireUser: (name) => this.#requireOwner(name),
    });
  }

  /**
   * Loads everything; makes the default account with a root key where there is none.
   * @throws FIRN_IDENTITY_INVALID for a root key that breaks the rules, FIRN_ACCESS_KEY_EXISTS when
   * its id belongs to somebody else.
   */
  static async open(options: IdentityOptions): Promise<Identity> {
    const { store, root } = options;
    const identity = new Identity(options, await store.openKeySpace(IDENTITY_SPACE));
    await identity.#load();
    if (identity.account(DEFAULT_ACCOUNT_ID) === undefined) {
      await identity.createAccount({ accountId: DEFAULT_ACCOUNT_ID, displayName: "firn" });
    }
    if (root !== undefined) await identity.#replaceRootKey(root);
    else if (identity.#activeRootKeys().length === 0) {
      await identity.createAccessKey({ accountId: DEFAULT_ACCOUNT_ID });
    }
    return identity;
  }

  /** The credential of an active key; undefined for any other. O(1), no I/O. */
  credentials(accessKeyId: string): Credential | undefined {
    return this.#directory.credential(accessKeyId);
  }

  /** The default account's root key, the newest active one; there always is one. */
  root(): RootCredentials {
    const newest = this.#activeRootKeys().at(-1) as AccessKeyWithSecret;
    const { accountId, accessKeyId, secretAccessKey } = newest;
    return { accountId, accessKeyId, secretAccessKey };
  }

  account(accountId: string): Account | undefined {
    return this.#directory.account(accountId);
  }

  accountByCanonicalId(canonicalId: string): Account | undefined {
    return this.#directory.accountByCanonicalId(canonicalId);
  }

  accountByEmail(email: string): Account | undefined {
    return this.#directory.accountByEmail(email);
  }

  /** By account id. */
  listAccounts(): Account[] {
    return this.#directory.accounts();
  }

  user(name: UserName): User | undefined {
    return this.#directory.user(name.accountId, name.userName);
  }

  /** By name. @throws FIRN_ACCOUNT_NOT_FOUND. */
  listUsers({ accountId }: { readonly accountId: string }): User[] {
    this.#requireAccount(accountId);
    return this.#directory.users(accountId);
  }

  /** Without secrets, oldest first. @throws FIRN_ACCOUNT_NOT_FOUND, FIRN_USER_NOT_FOUND. */
  listAccessKeys(owner: KeyOwner): AccessKey[] {
    this.#requireOwner(owner);
    return this.#directory.keys(owner).map(withoutSecret);
  }

  /**
   * Makes an account, with neither users nor keys. Resolves after fdatasync.
   * @throws FIRN_ACCOUNT_EXISTS when its id or canonical id is taken, FIRN_IDENTITY_INVALID,
   * FIRN_IDENTITY_LIMIT above 10,000 accounts.
   */
  createAccount(options: CreateAccountOptions): Promise<Account> {
    return this.#change(() => {
      const account = newAccount(this.#store, this.#directory, options);
      return { result: account, put: [{ type: "account", account }] };
    });
  }

  /**
   * Makes a user, without keys. Resolves after fdatasync.
   * @throws FIRN_ACCOUNT_NOT_FOUND, FIRN_USER_EXISTS, FIRN_IDENTITY_INVALID, FIRN_IDENTITY_LIMIT
   * above 50,000 users.
   */
  createUser(options: CreateUserOptions): Promise<User> {
    return this.#change(() => {
      this.#requireAccount(options.accountId);
      const user = newUser(this.#store, this.#directory, options);
      return { result: user, put: [{ type: "user", user }] };
    });
  }

  /**
   * Deletes a user. Resolves after fdatasync.
   * @throws FIRN_USER_NOT_FOUND, FIRN_USER_IN_USE while it has access keys.
   */
  deleteUser(name: UserName): Promise<void> {
    return this.#change(() => {
      const user = this.#requireOwner(name) as User;
      if (this.#directory.keys(name).length > 0) {
        throw identityError("FIRN_USER_IN_USE", "delete the user's access keys first", { ...name });
      }
      return { result: undefined, deleteUser: user };
    });
  }

  /**
   * Makes an access key, of a user or of the account's root; its secret is handed out here and
   * never again. Resolves after fdatasync.
   * @throws FIRN_ACCOUNT_NOT_FOUND, FIRN_USER_NOT_FOUND, FIRN_ACCESS_KEY_EXISTS,
   * FIRN_IDENTITY_INVALID, FIRN_IDENTITY_LIMIT above two keys each or 100,000 in all.
   */
  createAccessKey(options: CreateAccessKeyOptions): Promise<AccessKeyWithSecret> {
    return this.#change(() => {
      this.#requireOwner(options);
      const owned = this.#directory.keys(options).length;
      requireRoom("access keys of one user", owned, ACCESS_KEYS_PER_USER_MAX);
      const key = newAccessKey(this.#store, this.#directory, options);
      return { result: key, put: [{ type: "key", key }] };
    });
  }

  /**
   * Enables or disables a key. Resolves after fdatasync.
   * @throws FIRN_ACCESS_KEY_NOT_FOUND, FIRN_ROOT_KEY_LAST for disabling the last key of root().
   */
  setAccessKeyStatus(options: {
    readonly accessKeyId: string;
    readonly status: AccessKeyStatus;
  }): Promise<AccessKey> {
    return this.#change(() => {
      const { accessKeyId, status } = options;
      const key = { ...this.#requireKey(accessKeyId), status };
      if (status === "Inactive") this.#requireOtherRootKey(accessKeyId);
      return { result: withoutSecret(key), put: [{ type: "key", key }] };
    });
  }

  /**
   * Resolves after fdatasync.
   * @throws FIRN_ACCESS_KEY_NOT_FOUND, FIRN_ROOT_KEY_LAST for the last key of root().
   */
  deleteAccessKey({ accessKeyId }: { readonly accessKeyId: string }): Promise<void> {
    return this.#change(() => {
      this.#requireKey(accessKeyId);
      this.#requireOtherRootKey(accessKeyId);
      return { result: undefined, deleteKeys: [accessKeyId] };
    });
  }

  /** Waits for changes under way; later ones reject with FIRN_IDENTITY_CLOSED. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#queue;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #load(): Promise<void> {
    const view = this.#store.view();
    try {
      // A credential needs its user and its policies, so keys come last.
      const keys: IdentityRecord[] = [];
      for await (const { value } of view.range(this.#space)) {
        const record = unpackValue<IdentityRecord>(value);
        if (record.type === "key") keys.push(record);
        else this.#directory.put(record);
      }
      for (const record of keys) this.#directory.put(record);
    } finally {
      view.close();
    }
  }

  #rootKeys(): AccessKeyWithSecret[] {
    return this.#directory.keys({ accountId: DEFAULT_ACCOUNT_ID });
  }

  #activeRootKeys(): AccessKeyWithSecret[] {
    return this.#rootKeys().filter(({ status }) => status === "Active");
  }

  /** Without any root key nobody could administer the store, or get in again. */
  #requireOtherRootKey(accessKeyId: string): void {
    const active = this.#activeRootKeys();
    if (active.length !== 1 || active[0]?.accessKeyId !== accessKeyId) return;
    throw identityError("FIRN_ROOT_KEY_LAST", "make another root key first", { accessKeyId });
  }

  #replaceRootKey(root: NonNullable<IdentityOptions["root"]>): Promise<void> {
    return this.#change(() => {
      const others = this.#rootKeys().filter(({ accessKeyId }) => accessKeyId !== root.accessKeyId);
      const deleteKeys = others.map(({ accessKeyId }) => accessKeyId);
      const known = this.#directory.key(root.accessKeyId);
      if (
        known === undefined ||
        known.accountId !== DEFAULT_ACCOUNT_ID ||
        known.userName !== undefined
      ) {
        const key = newAccessKey(this.#store, this.#directory, {
          accountId: DEFAULT_ACCOUNT_ID,
          ...root,
        });
        return { result: undefined, put: [{ type: "key", key }], deleteKeys };
      }
      requireValid("secretAccessKey", root.secretAccessKey);
      const key: AccessKeyWithSecret = { ...known, ...root, status: "Active" };
      return { result: undefined, put: [{ type: "key", key }], deleteKeys };
    });
  }

  #requireAccount(accountId: string): Account {
    const account = this.#directory.account(accountId);
    if (account !== undefined) return account;
    throw identityError("FIRN_ACCOUNT_NOT_FOUND", `no such account: ${accountId}`, { accountId });
  }

  #requireOwner({ accountId, userName }: KeyOwner): User | undefined {
    this.#requireAccount(accountId);
    if (userName === undefined) return undefined;
    const user = this.#directory.user(accountId, userName);
    if (user !== undefined) return user;
    throw identityError("FIRN_USER_NOT_FOUND", `no such user: ${userName}`, { userName });
  }

  #requireKey(accessKeyId: string): AccessKeyWithSecret {
    const key = this.#directory.key(accessKeyId);
    if (key !== undefined) return key;
    throw identityError("FIRN_ACCESS_KEY_NOT_FOUND", "no such access key", { accessKeyId });
  }

  /** Plans against memory, commits, then lets memory follow. */
  #change<T>(plan: () => IdentityChange<T>): Promise<T> {
    const run = this.#queue.then(async () => {
      if (this.#closed) throw identityError("FIRN_IDENTITY_CLOSED", "identity is closed");
      const change = plan();
      await this.#store.transact((tx) => writeChange(tx, this.#space, change));
      followChange(this.#directory, change);
      return change.result;
    });
    this.#queue = run.catch(() => undefined);
    return run;
  }
}

/** Without a reader of policies at hand only their form can be checked. */
function checkJson(policyDocument: string): void {
  JSON.parse(policyDocument);
}
