/** Every limit of identity, with its unit and its reason. */

/** The account that a new store begins with; engines use it when nobody says another. */
export const DEFAULT_ACCOUNT_ID = "000000000000";

/** Accounts, users and access keys of one store: all of them are kept in memory, 300 bytes each. */
export const ACCOUNTS_MAX = 10_000;
export const USERS_MAX = 50_000;
export const ACCESS_KEYS_MAX = 100_000;
/** Keys of one user: two, so that they can be changed without a gap (IAM's own limit). */
export const ACCESS_KEYS_PER_USER_MAX = 2;

/** Characters of a user's path (IAM's own limit). */
export const PATH_LENGTH_MAX = 512;
/** Characters of a display name: it travels in every listing's owner. */
export const DISPLAY_NAME_LENGTH_MAX = 128;

/** Bytes drawn for the 16 characters behind AKIA (base 32) and the 17 behind AIDA. */
export const ACCESS_KEY_ID_BYTES = 10;
export const USER_ID_BYTES = 11;
/** Bytes drawn for a secret: 40 characters in base 64. */
export const SECRET_BYTES = 30;
/** Bytes drawn for a canonical id: 64 hex digits. */
export const CANONICAL_ID_BYTES = 32;

/** Named encryption keys of one store: all of them are kept in memory, 300 bytes each. */
export const ENCRYPTION_KEYS_MAX = 10_000;

/** Policies of all accounts together: they are kept in memory, up to 6 KiB each. */
export const POLICIES_MAX = 10_000;
/** Bytes of a policy of an account, and of all of a user's own (IAM's own limits). */
export const MANAGED_POLICY_BYTES_MAX: number = 6 * 1024;
export const INLINE_POLICY_BYTES_MAX: number = 2 * 1024;
/** Policies attached to one user (IAM's own limit). */
export const ATTACHED_POLICIES_MAX = 10;
