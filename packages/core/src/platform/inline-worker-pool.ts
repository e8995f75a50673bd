import { coreError } from "../errors.ts";
import type { WorkerHome, WorkerPool, WorkerTask } from "./worker-pool.ts";

/**
 * Runs tasks on the caller's own thread, one after the other: for the simulation, where everything
 * must happen in an order that a seed repeats, and where code is not built.
 */
export class InlineWorkerPool implements WorkerPool {
  readonly #home: WorkerHome;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(home: WorkerHome) {
    this.#home = home;
  }

  run<Input, Output>(task: WorkerTask<Input, Output>, input: Input): Promise<Output> {
    const result = this.#last.then(() => {
      if (this.#closed) throw poolClosed();
      return task.run(input, this.#home);
    });
    this.#last = result.catch(() => undefined);
    return result;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
  }
}

export function poolClosed(): Error {
  return coreError("FIRN_STORE_CLOSED", "the store was closed: no more work in the background");
}
