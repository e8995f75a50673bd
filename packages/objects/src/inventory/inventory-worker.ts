import { packValue, prefixEnd } from "@firn/core";
import type { Entry } from "@firn/core";
import { bucketKey, inventoryBucketKey } from "../engine.ts";
import type { Engine } from "../engine.ts";
import { unpackBucket } from "../layout/records.ts";
import type { BucketRecord } from "../layout/records.ts";
import { DAY_MS } from "../lifecycle/lifecycle-rules.ts";
import { allInventories, unpackInventory } from "./bucket-inventory.ts";
import type { KeptInventory } from "./bucket-inventory.ts";
import type { InventoryReport } from "./inventory-types.ts";
import { writeInventory } from "./write-inventory.ts";

/**
 * Writes inventories a little after each midnight of the store's time, and soon after a store is
 * opened that has missed one. What cannot be written is due again at the next midnight.
 */
export class InventoryWorker {
  readonly #engine: Engine;
  #cancel: (() => void) | undefined;
  #running: Promise<InventoryReport> | undefined;
  #stopped = false;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  start(): void {
    this.#arm(0);
  }

  /** Writes what is due now; joins a run under way and then looks again. */
  async run(): Promise<InventoryReport> {
    await this.#running?.catch(() => undefined);
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
    return await this.#running;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.#running?.catch(() => undefined);
  }

  #arm(delayMs: number): void {
    if (this.#stopped) return;
    const { clock } = this.#engine.store;
    this.#cancel = clock.schedule(delayMs, () => {
      void this.run()
        .catch(() => undefined)
        .then(() => {
          this.#arm(DAY_MS - (clock.now() % DAY_MS));
        });
    });
  }

  async #run(): Promise<InventoryReport> {
    const { store, root } = this.#engine;
    const counts = { written: 0, failed: 0 };
    const first = inventoryBucketKey("");
    using names = store.view();
    for await (const { key } of names.range(root, { gte: first, lt: prefixEnd(first) })) {
      if (this.#stopped) break;
      await this.#runBucket(Buffer.from(key).toString("utf8", first.length), counts);
    }
    return counts;
  }

  async #runBucket(name: string, counts: { written: number; failed: number }): Promise<void> {
    const { store, root } = this.#engine;
    using view = store.view();
    const bytes = await view.get(root, bucketKey(name));
    if (bytes === undefined) return;
    const bucket = unpackBucket(bytes);
    for await (const entry of view.range(bucket.space, allInventories())) {
      const { inventory, lastMs } = unpackInventory(entry.value);
      const now = store.clock.now();
      if (this.#stopped || !inventory.isEnabled || !isDue(inventory.frequency, lastMs, now))
        continue;
      try {
        await writeInventory(this.#engine, { view, name, bucket, inventory });
        await this.#note(bucket, entry, { inventory, lastMs: now });
        counts.written++;
      } catch {
        counts.failed++;
      }
    }
  }

  /** Unless it was put anew or deleted while it was written. */
  async #note(bucket: BucketRecord, { key, value }: Entry, kept: KeptInventory): Promise<void> {
    const { store } = this.#engine;
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
