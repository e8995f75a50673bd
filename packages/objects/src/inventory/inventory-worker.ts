import { packValue } from "@firn/core";
import type { Entry } from "@firn/core";
import { DailyWorker } from "../daily-worker.ts";
import { bucketKey, inventoryBucketKey } from "../engine.ts";
import { unpackBucket } from "../layout/records.ts";
import type { BucketRecord } from "../layout/records.ts";
import { DAY_MS } from "../lifecycle/lifecycle-rules.ts";
import { allInventories, unpackInventory } from "./bucket-inventory.ts";
import type { KeptInventory } from "./bucket-inventory.ts";
import type { InventoryReport } from "./inventory-types.ts";
import { writeInventory } from "./write-inventory.ts";

/** Writes the inventories that are due. What cannot be written is due again the next midnight. */
export class InventoryWorker extends DailyWorker<InventoryReport> {
  protected async pass(): Promise<InventoryReport> {
    const counts = { written: 0, failed: 0 };
    for await (const name of this.buckets(inventoryBucketKey(""))) {
      await this.#runBucket(name, counts);
    }
    return counts;
  }

  async #runBucket(name: string, counts: { written: number; failed: number }): Promise<void> {
    const { store, root } = this.engine;
    using view = store.view();
    const bytes = await view.get(root, bucketKey(name));
    if (bytes === undefined) return;
    const bucket = unpackBucket(bytes);
    for await (const entry of view.range(bucket.space, allInventories())) {
      const { inventory, lastMs } = unpackInventory(entry.value);
      const now = store.clock.now();
      if (this.isStopped || !inventory.isEnabled || !isDue(inventory.frequency, lastMs, now))
        continue;
      try {
        await writeInventory(this.engine, { view, name, bucket, inventory });
        await this.#note(bucket, entry, { inventory, lastMs: now });
        counts.written++;
      } catch {
        counts.failed++;
      }
    }
  }

  /** Unless it was put anew or deleted while it was written. */
  async #note(bucket: BucketRecord, { key, value }: Entry, kept: KeptInventory): Promise<void> {
    const { store } = this.engine;
    await store.transact(
      (tx) => {
        const now = tx.get(bucket.space, key);
        if (now !== undefined && Buffer.compare(now, value) === 0) {
          tx.put(bucket.space, key, packValue(kept));
        }
      },
      { reads: [[bucket.space, key]] },
    );
  }
}

/** 1970 began on a Thursday; weeks here begin on Sundays. */
const DAYS_TO_SUNDAY = 4;

function isDue(frequency: "Daily" | "Weekly", lastMs: number, nowMs: number): boolean {
  const days = (ms: number): number => Math.floor(ms / DAY_MS);
  const weeks = (ms: number): number => Math.floor((days(ms) + DAYS_TO_SUNDAY) / 7);
  const period = frequency === "Daily" ? days : weeks;
  return period(nowMs) > period(lastMs);
}
