import type { Store } from "@firn/core";
import type { KeyRing } from "./encryption/encryption-types.ts";
import type { TakeExpedited } from "./lifecycle/restore.ts";

export interface ObjectStoreOptions {
  /** An opened store; it stays the caller's to close. */
  readonly store: Store;
  /**
   * Keys for encryption on the server. Without one, writes that ask for it are refused with
   * FIRN_OBJECT_NOT_IMPLEMENTED, those with a key of the caller's own aside.
   */
  readonly keyRing?: KeyRing | undefined;
  /** Restored copies of cold objects are there at once, whatever the tier. Default false. */
  readonly instantRestores?: boolean | undefined;
  /** Says whether there is capacity for an Expedited restore. Default: there always is. */
  readonly takeExpedited?: TakeExpedited | undefined;
}
