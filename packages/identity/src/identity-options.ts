import type { Store } from "@firn/core";
import type { KeyOwner } from "./model.ts";
import type { PolicyCheck } from "./policy-model.ts";

export interface IdentityOptions {
  readonly store: Store;
  /**
   * The root key of the default account: it takes the place of any other root key of it. Default:
   * the one that is stored, or, on the first start, a drawn one.
   */
  readonly root?: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
  /** Refuses policies that cannot be evaluated. Default: they must be JSON. */
  readonly checkPolicy?: PolicyCheck | undefined;
}

export interface CreateAccountOptions {
  /** 1 to 128 characters. */
  readonly displayName: string;
  /** 12 digits. Default: drawn. */
  readonly accountId?: string | undefined;
  /** 64 hex digits. Default: drawn. */
  readonly canonicalId?: string | undefined;
  readonly email?: string | undefined;
}

export interface UserName {
  readonly accountId: string;
  readonly userName: string;
}

export interface CreateUserOptions extends UserName {
  /** `/` (the default), or `/a/b/`. */
  readonly path?: string | undefined;
}

export interface CreateAccessKeyOptions extends KeyOwner {
  /** Default: both drawn. */
  readonly accessKeyId?: string | undefined;
  readonly secretAccessKey?: string | undefined;
}
