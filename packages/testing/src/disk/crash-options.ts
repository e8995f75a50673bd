/** A change that is not durable yet: one write of a file or one change of a directory's entries. */
export interface PendingChange {
  readonly kind: "write" | "create" | "rename" | "remove";
  readonly path: string;
  /** First byte and count of bytes of a write; 0 otherwise. */
  readonly offset: number;
  readonly length: number;
}

/** What a power failure leaves of the changes that were not durable. */
export interface CrashOptions {
  /**
   * Which changes reach the disk: any subset (default), all, none, or those that the function
   * picks, asked in the order of `SimFileSystem.pending()`.
   */
  readonly keep?: "any" | "all" | "none" | ((change: PendingChange) => boolean) | undefined;
  /** Kept writes may tear at 512 B or 4 KiB. Default true with `any`, else false. */
  readonly tear?: boolean | undefined;
  /**
   * A file may come back longer than its kept bytes, the difference zeros or garbage, or shorter.
   * Default true with `any`, else false.
   */
  readonly staleLength?: boolean | undefined;
}

/** How one pending write fares, and what fills sectors that it did not reach. */
export interface CrashPlan {
  readonly tear: boolean;
  readonly staleLength: boolean;
  keeps(change: PendingChange): boolean;
  /** An integer in [0, bound). */
  below(bound: number): number;
  /** Bytes that were on the platter before: noise, or a piece of another file. */
  garbage(length: number): Uint8Array;
}
