import { RealClock, backupNumbers, loadHasher, readManifest } from "@firn/core";
import type { BackupTarget, Clock, HeldCapture, Store } from "@firn/core";
import type { AdminCommand, GatewayLog } from "@firn/gateway";
import { umbrellaError } from "./firn-error.ts";

/** Backups that a server makes by itself. */
export interface BackupSchedule {
  readonly target: BackupTarget;
  /** From the beginning of one to that of the next, in milliseconds of real time. */
  readonly everyMs: number;
  /** Backups to keep; default all. */
  readonly keep?: number | undefined;
}

export interface BackupKeeperOptions {
  readonly schedule?: BackupSchedule | undefined;
  readonly log: GatewayLog;
  /** Real time; a test brings its own. */
  readonly clock?: Clock | undefined;
}

/** Who copies says every few seconds that he still does; after this silence he does not. */
const HOLD_MS = 120_000;
/** Each keeps the files of its moment on the disk. */
const HOLDS_MAX = 4;
/** A restart is no reason to copy at once: whatever it was for comes first. */
const START_DELAY_MS = 60_000;

interface Hold extends HeldCapture {
  cancel: () => void;
}

/**
 * Lets another process of the same machine copy the store while it is served (`firn backup`), and
 * makes the backups that nobody asks for.
 */
export class BackupKeeper {
  /** For the gateway: what root may ask for. */
  readonly commands: ReadonlyMap<string, AdminCommand>;
  readonly #store: Store;
  readonly #options: BackupKeeperOptions;
  readonly #clock: Clock;
  readonly #holds = new Map<string, Hold>();
  readonly #abort = new AbortController();
  #cancel: (() => void) | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(store: Store, options: BackupKeeperOptions) {
    this.#store = store;
    this.#options = options;
    this.#clock = options.clock ?? new RealClock();
    this.commands = new Map<string, AdminCommand>([
      ["POST backup/begin", () => this.#begin()],
      ["POST backup/renew", async ({ id }) => this.#renew(id)],
      ["POST backup/end", async ({ id }) => this.#end(id)],
    ]);
  }

  /** Begins the backups that nobody asks for. */
  async start(): Promise<void> {
    const { schedule, log } = this.#options;
    if (schedule === undefined) return;
    const ageMs = await this.#newestAgeMs(schedule.target).catch((error: unknown) => {
      log.error({ reason: (error as Error).message }, "the backups cannot be read");
      return schedule.everyMs;
    });
    this.#arm(schedule, Math.max(START_DELAY_MS, schedule.everyMs - ageMs));
  }

  /** Breaks off what runs: the next backup finds what was copied. */
  async close(): Promise<void> {
    this.#abort.abort();
    this.#cancel?.();
    for (const id of this.#holds.keys()) this.#end(id);
    await this.#running;
  }

  async #begin(): Promise<Readonly<Record<string, unknown>>> {
    if (this.#holds.size >= HOLDS_MAX) {
      const message = `${HOLDS_MAX} backups of this store are being made already.`;
      throw umbrellaError("FIRN_OPTIONS_INVALID", message);
    }
    const held = await this.#store.backups.capture();
    const id = Buffer.from(this.#store.random.bytes(8)).toString("hex");
    this.#holds.set(id, { ...held, cancel: this.#expiry(id) });
    return { id, capture: held.capture };
  }

  #renew(id: unknown): Readonly<Record<string, unknown>> {
    const hold = this.#holds.get(String(id));
    if (hold === undefined) {
      const message = "The server has given the backup up: it heard nothing of it for too long.";
      throw umbrellaError("FIRN_OPTIONS_INVALID", message);
    }
    hold.cancel();
    hold.cancel = this.#expiry(String(id));
    return { id };
  }

  #end(id: unknown): Readonly<Record<string, unknown>> {
    const hold = this.#holds.get(String(id));
    hold?.cancel();
    hold?.release();
    this.#holds.delete(String(id));
    return { id };
  }

  #expiry(id: string): () => void {
    return this.#clock.schedule(HOLD_MS, () => this.#end(id));
  }

  async #newestAgeMs(target: BackupTarget): Promise<number> {
    const newest = (await backupNumbers(target)).at(-1);
    if (newest === undefined) return Infinity;
    const { takenAtMs } = await readManifest(target, newest, await loadHasher());
    return Math.max(0, this.#store.clock.now() - takenAtMs);
  }

  #arm(schedule: BackupSchedule, delayMs: number): void {
    if (this.#abort.signal.aborted) return;
    this.#cancel = this.#clock.schedule(delayMs, () => {
      this.#running = this.#run(schedule);
    });
  }

  async #run(schedule: BackupSchedule): Promise<void> {
    const { log } = this.#options;
    const { target, keep, everyMs } = schedule;
    const { signal } = this.#abort;
    const startedAt = this.#clock.monotonicMs();
    try {
      const report = await this.#store.backups.run({ target, keep, signal });
      log.info({ ...report }, "backed up");
    } catch (error) {
      if (signal.aborted) return;
      log.error({ reason: (error as Error).message, where: target.where }, "the backup failed");
    }
    const tookMs = this.#clock.monotonicMs() - startedAt;
    this.#arm(schedule, Math.max(START_DELAY_MS, everyMs - tookMs));
  }
}
