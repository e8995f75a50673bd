import { DailyWorker } from "../daily-worker.ts";
import { lifecycleBucketKey } from "../engine.ts";
import { sweepOutbox } from "../notifications/sweep-outbox.ts";
import { runBucket } from "./lifecycle-run.ts";
import type { LifecycleCounts } from "./lifecycle-run.ts";
import type { LifecycleReport } from "./lifecycle-types.ts";

/**
 * Applies lifecycles; midnight is when rules fall due. What is due and not yet done is only late:
 * nothing tells by the clock that it were gone.
 */
export class LifecycleWorker extends DailyWorker<LifecycleReport> {
  protected async pass(): Promise<LifecycleReport> {
    const counts: LifecycleCounts = {
      expired: 0,
      noncurrentExpired: 0,
      deleteMarkersRemoved: 0,
      transitioned: 0,
      uploadsAborted: 0,
    };
    const { engine } = this;
    const stopped = (): boolean => this.isStopped;
    for await (const name of this.buckets(lifecycleBucketKey(""))) {
      await runBucket({ engine, counts, stopped }, name);
    }
    await sweepOutbox(engine, stopped);
    return counts;
  }
}
