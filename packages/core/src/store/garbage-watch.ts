import { FirnError } from "../errors.ts";
import { isRefusal } from "../log/create-segment.ts";
import type { Clock } from "../platform/clock.ts";
import type { BlobCompaction } from "../store-api.ts";
import type { BlobCompactionOptions } from "./blob-compactor.ts";

/** Part of a segment that is garbage when it is packed: three bytes written for one freed. */
const MIN_GARBAGE = 0.25;
/** Garbage, of all that is stored, or in bytes, that is worth a run at once. */
const PROMPT_FRACTION = 1 / 16;
const PROMPT_BYTES: number = 256 * 1024 * 1024;
const PROMPT_MS = 1000;
/**
 * While more comes nothing is copied as long as no more than this is garbage: under a steady
 * overwrite most segments die whole.
 */
const BUSY_ALLOWED = 1 / 5;
/** Nothing has been deleted for so long: what is left of it is tidied up. */
const QUIET_MS = 10_000;
/** What former processes left behind is looked at when the opening is over. */
const FIRST_MS = 60_000;
/** A run may meet a full disk, or a damaged index: what passes. */
const AGAIN_MS = 60_000;
/** A run reads the records of all blobs: it takes at most this part of the time. */
const DUTY_FRACTION = 1 / 2;
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

/** Decides when the room of deleted blobs is brought back, and how thoroughly. */
export class GarbageWatch {
  readonly #home: GarbageWatchHome;
  /** Since the last run. */
  #garbageBytes = 0;
  #notedAtMs = -Infinity;
  #timer: { readonly dueMs: number; readonly cancel: () => void } | undefined;
  #cancelLapse: (() => void) | undefined;
  #notBeforeMs = 0;
  #running = false;
  #stopped = true;
  /** Something is left that only a thorough run takes. */
  #isUntidy = true;
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
    this.#notedAtMs = this.#home.clock.monotonicMs();
    this.#isUntidy = true;
    this.#arm(this.#isMuch() ? PROMPT_MS : QUIET_MS);
  }

  /** The disk has refused bytes: whatever can go should go now. */
  hurry(): void {
    this.#isUntidy = true;
    this.#notedAtMs = -Infinity;
    this.#arm(0);
  }

  #isMuch(): boolean {
    const prompt = Math.min(PROMPT_BYTES, this.#home.storedBytes() * PROMPT_FRACTION);
    return this.#garbageBytes >= prompt;
  }

  /** The earlier of two times counts. */
  #arm(delayMs: number): void {
    if (this.#stopped || this.#running) return;
    const { clock } = this.#home;
    const now = clock.monotonicMs();
    const dueMs = Math.max(now + delayMs, this.#notBeforeMs);
    if (this.#timer !== undefined && this.#timer.dueMs <= dueMs) return;
    this.#timer?.cancel();
    this.#timer = { dueMs, cancel: clock.schedule(dueMs - now, () => this.#due()) };
  }

  #watchLeases(): void {
    this.#cancelLapse = this.#home.clock.schedule(LAPSE_MS, () => {
      this.#home.expire();
      this.#watchLeases();
    });
  }

  #due(): void {
    this.#timer = undefined;
    const quietMs = this.#home.clock.monotonicMs() - this.#notedAtMs;
    const isQuiet = quietMs >= QUIET_MS;
    if (isQuiet || this.#isMuch()) void this.#run(isQuiet);
    else this.#arm(QUIET_MS - quietMs);
  }

  async #run(isQuiet: boolean): Promise<void> {
    const { clock, run } = this.#home;
    const startedAt = clock.monotonicMs();
    const garbageAllowed = isQuiet ? 0 : BUSY_ALLOWED;
    const seen = this.#garbageBytes;
    this.#running = true;
    this.#isUntidy = !isQuiet;
    try {
      await run({ minGarbage: MIN_GARBAGE, garbageAllowed });
      this.#garbageBytes -= seen;
      this.failure = undefined;
    } catch (error) {
      this.failure = error;
    }
    this.#running = false;
    const endedAt = clock.monotonicMs();
    this.#notBeforeMs = endedAt + (endedAt - startedAt) * (1 / DUTY_FRACTION - 1);
    if (this.failure !== undefined) this.#again();
    else if (this.#isUntidy) this.#arm(this.#isMuch() ? PROMPT_MS : QUIET_MS);
  }

  /** A full disk may have room again, a damaged index is rebuilt; else the store fails anyway. */
  #again(): void {
    const { failure } = this;
    const passes = failure instanceof FirnError && failure.kind === "corruption";
    this.#isUntidy = true;
    if (passes || isRefusal(failure)) this.#arm(AGAIN_MS);
  }
}
