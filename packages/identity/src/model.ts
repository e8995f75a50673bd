/** An account: owns buckets, tables, volumes and vaults. */
export interface Account {
  /** 12 digits. */
  readonly accountId: string;
  /** 64 hex digits: S3's name for the account, in owners and grants. */
  readonly canonicalId: string;
  readonly displayName: string;
  /** For S3 grants by e-mail address. */
  readonly email: string | undefined;
  /** Milliseconds since 1970 UTC, in the store's time. */
  readonly createdAtMs: number;
}

/** A user of an account. Who has no user is the account's root. */
export interface User {
  readonly accountId: string;
  /** 1 to 64 of `A-Z a-z 0-9 + = , . @ _ -`, unique in the account. */
  readonly userName: string;
  /** AIDA and 17 characters: never used again, unlike the name. */
  readonly userId: string;
  /** `/`, or `/a/b/`. */
  readonly path: string;
  /** arn:aws:iam::ACCOUNT:user/PATH/NAME. */
  readonly arn: string;
  /** Milliseconds since 1970 UTC, in the store's time. */
  readonly createdAtMs: number;
}

/** Whose keys: a user's, or the account's root's when `userName` is absent. */
export interface KeyOwner {
  readonly accountId: string;
  readonly userName?: string | undefined;
}

export type AccessKeyStatus = "Active" | "Inactive";

/** An access key, without its secret. */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly accountId: string;
  /** Absent: a key of the account's root. */
  readonly userName: string | undefined;
  readonly status: AccessKeyStatus;
  /** Milliseconds since 1970 UTC, in the store's time. */
  readonly createdAtMs: number;
}

/** An access key with its secret: given out once, when it is made. */
export interface AccessKeyWithSecret extends AccessKey {
  readonly secretAccessKey: string;
}

/**
 * Who acts: what policies, owners and audit lines are built on. `root` may do everything in its
 * account; a `user` what policies say.
 */
export type Principal = RootPrincipal | UserPrincipal;

interface PrincipalBase {
  readonly accountId: string;
  readonly canonicalId: string;
  /** The account's: S3 knows owners, not users. */
  readonly displayName: string;
  readonly arn: string;
}

export interface RootPrincipal extends PrincipalBase {
  readonly type: "root";
}

export interface UserPrincipal extends PrincipalBase {
  readonly type: "user";
  readonly userName: string;
  readonly userId: string;
  /** Documents of all its policies, its own and the attached ones. */
  readonly policies: readonly string[];
}

/** What a verifier of signatures needs, and who it is if the signature is right. */
export interface Credential {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly principal: Principal;
}

/** The root key of the default account, to be shown to whoever starts the server. */
export interface RootCredentials {
  readonly accountId: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}
