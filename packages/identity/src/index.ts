export { ACCESS_KEYS_PER_USER_MAX, DEFAULT_ACCOUNT_ID } from "./constants.ts";
export { identityErrors } from "./identity-error.ts";
export type { IdentityErrorCode } from "./identity-error.ts";
export type * from "./identity-options.ts";
export { Identity } from "./identity.ts";
export { LocalKeyRing } from "./key-ring.ts";
export type * from "./key-ring-types.ts";
export type * from "./model.ts";
