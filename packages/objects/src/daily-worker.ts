import { prefixEnd } from "@firn/core";
import type { Engine } from "./engine.ts";
import { DAY_MS } from "./lifecycle/lifecycle-rules.ts";

/** Buckets named at once. */
const PAGE_BUCKETS = 100;

/**
 * What is done a little after each midnight of the store's time, and once soon after a store is
 * opened, for what a closed one has missed.
 */
export abstract class DailyWorker<Report> {
  protected readonly engine: Engine;
  #cancel: (() => void) | undefined;
  #running: Promise<Report> | undefined;
  #stopped = false;

  constructor(engine: Engine) {
    this.engine = engine;
  }

  /** One round; ends early once `isStopped`. */
  protected abstract pass(): Promise<Report>;

  protected get isStopped(): boolean {
    return this.#stopped;
  }

  start(): void {
    this.#arm(0);
  }

  /** Runs now; joins a run under way and then runs. */
  async run(): Promise<Report> {
    await this.#running?.catch(() => undefined);
    this.#running ??= this.pass().finally(() => (this.#running = undefined));
    return await this.#running;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.#running?.catch(() => undefined);
  }

  /**
   * Names of the buckets whose keys in the root begin as `first` does. Read in pages: no view is
   * held while one of them is worked on.
   */
  protected async *buckets(first: Uint8Array): AsyncGenerator<string> {
    const { store, root } = this.engine;
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

  #arm(delayMs: number): void {
    if (this.#stopped) return;
    const { clock } = this.engine.store;
    this.#cancel = clock.schedule(delayMs, () => {
      // What stood in its way (a full disk) stands in everybody's, and is tried again next time.
      void this.run()
        .catch(() => undefined)
        .then(() => {
          this.#arm(DAY_MS - (clock.now() % DAY_MS));
        });
    });
  }
}
