import { FirnError } from "../errors.ts";
import { isRefusal } from "../log/create-segment.ts";
import type { Clock } from "../platform/clock.ts";
import type { BlobCompaction } from "../store-api.ts";
import type { BlobCompactionOptions } from "./blob-compactor.ts";

/** Part of a segment that is garbage when it is packed: three bytes written for one that is freed. */
const MIN_GARBAGE = 0.25;
/** Garbage, of all that is stored, or in bytes, that is worth a run at once. */
const PROMPT_FRACTION = 1 / 16;
const PROMPT_BYTES: number = 256 * 1024 * 1024;
/** Deletes come in bursts: a run waits for the end of one. */
const PROMPT_MS = 1000;
/** Less than that waits for more. */
const LATER_MS = 60_000;
/** What former processes left behind is looked at when the opening is over. */
const FIRST_MS = 60_000;
/** A run reads the records of all blobs: it takes at most this part of the time. */
const DUTY_FRACTION = 1 / 10;
/** How often staged blobs are looked through for lapsed ones. */
const LAPSE_MS: number = 10 * 60_000;

export interface GarbageWatchHome {
  /** Real time. */
  readonly clock: Clock;
  readonly run: (options: BlobCompactionOptions) => Promise<BlobCompaction>;
  /** Bytes of all extent segments. */
  readonly storedBytes: () => number;
  /** Ends leases that have lapsed, which makes garbage. */
  readonly expire: () => void;
}

/** Decides when the room of deleted blobs is brought back. */
export class GarbageWatch {
  readonly #home: GarbageWatchHome;
  #garbageBytes = 0;
  #timer: { readonly dueMs: number; readonly cancel: () => void } | undefined;
  #cancelLapse: (() => void) | undefined;
  #notBeforeMs = 0;
  #stopped = true;
  /** Why the last run ended early; compaction goes on with the next one. */
  failure: unknown;

  constructor(home: GarbageWatchHome) {
    this.#home = home;
  }

  start(): void {
    this.#stopped = false;
    this.#arm(FIRST_MS);
    this.#watchLeases();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#cancelLapse?.();
  }

  /** So many bytes of chunks are nobody's any more. */
  note(bytes: number): void {
    this.#garbageBytes += bytes;
    const prompt = Math.min(PROMPT_BYTES, this.#home.storedBytes() * PROMPT_FRACTION);
    this.#arm(this.#garbageBytes >= prompt ? PROMPT_MS : LATER_MS);
  }

  /** The earlier of two times counts. */
  #arm(delayMs: number): void {
    if (this.#stopped) return;
    const { clock } = this.#home;
    const now = clock.monotonicMs();
    const dueMs = Math.max(now + delayMs, this.#notBeforeMs);
    if (this.#timer !== undefined && this.#timer.dueMs <= dueMs) return;
    this.#timer?.cancel();
    this.#timer = { dueMs, cancel: clock.schedule(dueMs - now, () => void this.#run()) };
  }

  #watchLeases(): void {
    this.#cancelLapse = this.#home.clock.schedule(LAPSE_MS, () => {
      this.#home.expire();
      this.#watchLeases();
    });
  }

  async #run(): Promise<void> {
    const { clock, run } = this.#home;
    // Set while it runs, so that no other run begins.
    const startedAt = clock.monotonicMs();
    const seen = this.#garbageBytes;
    try {
      await run({ minGarbage: MIN_GARBAGE });
      this.#garbageBytes -= seen;
      this.failure = undefined;
    } catch (error) {
      this.failure = error;
    }
    const endedAt = clock.monotonicMs();
    this.#notBeforeMs = endedAt + (endedAt - startedAt) / DUTY_FRACTION;
    this.#timer = undefined;
    if (this.failure !== undefined) return this.#again();
    if (this.#garbageBytes > 0) this.note(0);
  }

  /** A full disk may have room again, a damaged index is rebuilt; else the store fails anyway. */
  #again(): void {
    const { failure } = this;
    const passes = failure instanceof FirnError && failure.kind === "corruption";
    if (passes || isRefusal(failure)) this.#arm(LATER_MS);
  }
}
