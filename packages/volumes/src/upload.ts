/** What the engine remembers of a snapshot whose blocks are being put: nothing that must last. */
import { volumeError } from "./errors.ts";

export class Upload {
  /** Milliseconds since 1970 UTC of the last block, or of the start. */
  lastPutMs: number;
  #sealed = false;
  /** The puts under way, by block: two of one block take effect one behind the other. */
  readonly #running = new Map<number, Promise<unknown>>();

  constructor(nowMs: number) {
    this.lastPutMs = nowMs;
  }

  /** Runs a put of a block. @throws FIRN_SNAPSHOT_STATE while the snapshot is being completed. */
  async put<T>(index: number, action: () => Promise<T>): Promise<T> {
    const earlier = this.#running.get(index);
    if (this.#sealed) {
      throw volumeError("FIRN_SNAPSHOT_STATE", "The snapshot is being completed.");
    }
    const running = (earlier ?? Promise.resolve()).catch(() => undefined).then(action);
    this.#running.set(index, running);
    try {
      return await running;
    } finally {
      if (this.#running.get(index) === running) this.#running.delete(index);
    }
  }

  /** Runs `action` with no put under way and none to come; when it fails, puts go on. */
  async complete<T>(action: () => Promise<T>): Promise<T> {
    if (this.#sealed) {
      throw volumeError("FIRN_SNAPSHOT_STATE", "The snapshot is being completed.");
    }
    this.#sealed = true;
    try {
      await Promise.allSettled(this.#running.values());
      return await action();
    } finally {
      this.#sealed = false;
    }
  }
}
