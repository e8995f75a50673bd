/** The volumes of an engine that keep a history, and when there is something to do for them. */
import type { Clock } from "@firn/core";
import { DAY_MS, HISTORIES_MAX, HISTORY_RETRY_MS } from "./constants.ts";
import type { EngineContext } from "./engine-context.ts";
import { volumeError } from "./errors.ts";
import { anchorEveryMs } from "./history-record.ts";

export class Histories {
  readonly #clock: Clock;
  readonly #work: (context: EngineContext, volumeId: string) => Promise<number | undefined>;
  /** What takes away the timer of each volume. */
  readonly #timers = new Map<string, () => void>();
  readonly #running = new Map<string, Promise<unknown>>();
  #stopped = false;

  /** `work` does what is due and returns how much the volume keeps now, in milliseconds. */
  constructor(
    clock: Clock,
    work: (context: EngineContext, volumeId: string) => Promise<number | undefined>,
  ) {
    this.#clock = clock;
    this.#work = work;
  }

  /** @throws FIRN_VOLUME_HISTORY_LIMIT when one more volume is one too many. */
  checkRoom(volumeId: string): void {
    if (this.#timers.has(volumeId) || this.#timers.size < HISTORIES_MAX) return;
    const text = `${HISTORIES_MAX} volumes of a store keep a history at the most.`;
    throw volumeError("FIRN_VOLUME_HISTORY_LIMIT", text);
  }

  /** One piece of work on a volume's history at a time. */
  async alone<T>(volumeId: string, work: () => Promise<T>): Promise<T> {
    const before = this.#running.get(volumeId);
    const running = (before ?? Promise.resolve()).then(work, work);
    const settled = running.catch(() => undefined);
    this.#running.set(volumeId, settled);
    try {
      return await running;
    } finally {
      if (this.#running.get(volumeId) === settled) this.#running.delete(volumeId);
    }
  }

  /** From now on what is due is done; `delayMs` until it is looked for, by default an eighth. */
  tend(context: EngineContext, volumeId: string, ms: number, delayMs?: number): void {
    this.forget(volumeId);
    if (this.#stopped) return;
    const wait = Math.min(delayMs ?? anchorEveryMs(ms), DAY_MS);
    const cancel = this.#clock.schedule(Math.max(0, wait), () => {
      void this.#tick(context, volumeId, ms);
    });
    this.#timers.set(volumeId, cancel);
  }

  forget(volumeId: string): void {
    this.#timers.get(volumeId)?.();
    this.#timers.delete(volumeId);
  }

  /** Resolves when what was under way has ended. Idempotent. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
    await Promise.all(this.#running.values());
  }

  async #tick(context: EngineContext, volumeId: string, ms: number): Promise<void> {
    try {
      await this.alone(volumeId, async () => {
        if (this.#stopped || !this.#timers.has(volumeId)) return;
        const kept = await this.#work(context, volumeId);
        if (kept === undefined) this.forget(volumeId);
        else if (this.#timers.has(volumeId)) this.tend(context, volumeId, kept);
      });
    } catch {
      // A full disk, say: the window grows until it works again. A failed store says so itself.
      if (this.#timers.has(volumeId)) this.tend(context, volumeId, ms, HISTORY_RETRY_MS);
    }
  }
}
