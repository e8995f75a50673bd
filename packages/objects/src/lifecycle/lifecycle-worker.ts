import { prefixEnd } from "@firn/core";
import { lifecycleBucketKey } from "../engine.ts";
import type { Engine } from "../engine.ts";
import { sweepOutbox } from "../notifications/sweep-outbox.ts";
import { DAY_MS } from "./lifecycle-rules.ts";
import { runBucket } from "./lifecycle-run.ts";
import type { LifecycleCounts } from "./lifecycle-run.ts";
import type { LifecycleReport } from "./lifecycle-types.ts";

/** Buckets named at once. */
const PAGE_BUCKETS = 100;

/**
 * Applies lifecycles a little after each midnight of the store's time, which is when rules fall
 * due. What is due and not yet done is only late: nothing tells by the clock that it were gone.
 */
export class LifecycleWorker {
  readonly #engine: Engine;
  #cancel: (() => void) | undefined;
  #running: Promise<LifecycleReport> | undefined;
  #stopped = false;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** From now on, at each midnight; and once soon, for what a closed store has missed. */
  start(): void {
    this.#arm(0);
  }

  /** Runs now; joins a run under way and then runs. */
  async run(): Promise<LifecycleReport> {
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
      // What stood in its way (a full disk) stands in everybody's, and is tried again next time.
      void this.run()
        .catch(() => undefined)
        .then(() => {
          this.#arm(DAY_MS - (clock.now() % DAY_MS));
        });
    });
  }

  async #run(): Promise<LifecycleReport> {
    const counts: LifecycleCounts = {
      expired: 0,
      noncurrentExpired: 0,
      deleteMarkersRemoved: 0,
      transitioned: 0,
      uploadsAborted: 0,
    };
    const stopped = (): boolean => this.#stopped;
    const pass = { engine: this.#engine, counts, stopped };
    for await (const name of this.#buckets()) await runBucket(pass, name);
    await sweepOutbox(this.#engine, stopped);
    return counts;
  }

  async *#buckets(): AsyncGenerator<string> {
    const { store, root } = this.#engine;
    const first = lifecycleBucketKey("");
    let gt: Uint8Array | undefined;
    for (;;) {
      using view = store.view();
      const from = gt === undefined ? { gte: first } : { gt };
      const page = { ...from, lt: prefixEnd(first), limit: PAGE_BUCKETS };
      const entries = await view.page(root, page);
      view.close();
      for (const { key } of entries) {
        if (this.#stopped) return;
        yield Buffer.from(key).toString("utf8", first.length);
      }
      gt = entries.at(-1)?.key;
      if (entries.length < PAGE_BUCKETS) return;
    }
  }
}
