/**
 * The port to whoever keeps the key of a store: a file, the environment, somebody who remembers a
 * passphrase, a service of one's own. What it wraps are the store's data keys, 32 bytes each, a new
 * one at each rotation; it is asked when a store is made, opened and rotated, and never between.
 */
export interface KeyProvider {
  /** Names the key in listings and in errors: no secret, and the same for the same key. */
  readonly id: string;
  /** The key in a form that may lie beside the data. */
  wrap(key: Uint8Array): Promise<Uint8Array>;
  /**
   * What was wrapped; `undefined` when somebody else's key did it, or the bytes have changed.
   * Rejects when that cannot be told now, which the opening of the store passes on.
   */
  unwrap(wrapped: Uint8Array): Promise<Uint8Array | undefined>;
}
