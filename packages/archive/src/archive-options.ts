import type { Store } from "@firn/core";

export interface ArchiveOptions {
  readonly store: Store;
  /** Jobs are complete at once, whatever their tier. Default false. */
  readonly instantRestores?: boolean | undefined;
  /**
   * Expedited retrievals, 0 to 1,000, that an account may start in a region in five minutes beside
   * those of its provisioned capacity; more are refused, as AWS does when demand is high. Default:
   * all are taken.
   */
  readonly expeditedOnDemand?: number | undefined;
}
