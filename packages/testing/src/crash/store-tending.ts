/** What keeps a store's bytes what they were, begun by hand. */
export interface StoreTending {
  /** Parity of every sealed segment. What goes wrong is left to the next time. */
  makeParity(): Promise<void>;
  /** Verifies and repairs; what it finds and cannot repair, in words. */
  scrub(): Promise<readonly string[]>;
  /** The index is said to be damaged; resolves when it has been built anew, or cannot be. */
  rebuildIndex(): Promise<void>;
}
