import { FirnError, sleep } from "@firn/core";
import type { Clock, KeySpaceId } from "@firn/core";
import { JOB_RETRY_MS } from "../constants.ts";

/** Errors that no repetition mends. */
const LOST: readonly string[] = [
  "FIRN_HISTORY_GONE",
  "FIRN_KEY_SPACE_NOT_FOUND",
  "FIRN_STORE_FAILED",
  "FIRN_STORE_CLOSED",
];

/**
 * Work that outlives its request: copies for backups, restores, exports and imports. Each is
 * written down in the store before it begins, and begun again by the next opening.
 */
export class BackgroundJobs {
  readonly #running = new Map<string, Promise<void>>();
  /** Key spaces that are being read, and by how many: their tables cannot be deleted. */
  readonly #reading = new Map<KeySpaceId, number>();
  readonly #stopping = new AbortController();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Runs once per name at a time. What fails (a full disk) is tried again a minute later, unless
   * what it needs is gone.
   */
  run(name: string, work: (signal: AbortSignal) => Promise<void>): void {
    if (this.#stopping.signal.aborted || this.#running.has(name)) return;
    const running = this.#repeat(work).finally(() => this.#running.delete(name));
    this.#running.set(name, running);
  }

  isRunning(name: string): boolean {
    return this.#running.has(name);
  }

  async #repeat(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        return await work(signal);
      } catch (error) {
        if (error instanceof FirnError && LOST.includes(error.code)) return;
      }
      await sleep(this.#clock, JOB_RETRY_MS, signal).catch(() => undefined);
    }
  }

  /** Keeps a key space from being dropped while `work` reads it. */
  async reading<T>(space: KeySpaceId, work: () => Promise<T>): Promise<T> {
    this.#reading.set(space, (this.#reading.get(space) ?? 0) + 1);
    try {
      return await work();
    } finally {
      const left = (this.#reading.get(space) ?? 1) - 1;
      if (left === 0) this.#reading.delete(space);
      else this.#reading.set(space, left);
    }
  }

  isRead(space: KeySpaceId): boolean {
    return this.#reading.has(space);
  }

  /** Whether nobody but the caller, who does, reads it. */
  isLastReader(space: KeySpaceId): boolean {
    return this.#reading.get(space) === 1;
  }

  /** Ends all of it at the next step. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#running.values());
  }
}
