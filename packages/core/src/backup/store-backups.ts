import type { Hasher } from "../hasher.ts";
import { keepAlive } from "../platform/keep-alive.ts";
import type { SpaceBudget } from "../store/space-budget.ts";
import { captureStore } from "./capture-store.ts";
import type { CaptureHome, HeldCapture } from "./capture-store.ts";
import { runBackup } from "./run-backup.ts";
import type { BackupOptions, BackupReport } from "./run-backup.ts";

export interface StoreBackupsHome extends CaptureHome {
  readonly hasher: Hasher;
  readonly budget: SpaceBudget;
}

/** Backups of an open store: writing goes on meanwhile. */
export interface Backups {
  /**
   * Holds what is committed now, for somebody who copies it by himself. Compaction goes on, but no
   * room comes back before it is released.
   * @throws FIRN_STORE_FAILED, FIRN_STORE_CLOSED.
   */
  capture(): Promise<HeldCapture>;
  /**
   * Copies what is committed when it begins, at the rate of background work; one after the other.
   * The backup is complete and durable when it resolves.
   * @throws FIRN_BACKUP_OTHER_STORE, FIRN_BACKUP_DAMAGED, FIRN_ABORTED, FIRN_STORE_FAILED,
   *   FIRN_STORE_CLOSED, or what the target says.
   */
  run(options: BackupOptions): Promise<BackupReport>;
}

export class StoreBackups implements Backups {
  readonly #home: StoreBackupsHome;
  #running: Promise<unknown> = Promise.resolve();

  constructor(home: StoreBackupsHome) {
    this.#home = home;
  }

  capture(): Promise<HeldCapture> {
    return captureStore(this.#home);
  }

  run(options: BackupOptions): Promise<BackupReport> {
    const run = keepAlive(() => this.#running.then(() => this.#run(options)));
    this.#running = run.catch(() => undefined);
    return run;
  }

  /** Resolves when none runs; stop the budget first. */
  async settled(): Promise<void> {
    await this.#running;
  }

  async #run(options: BackupOptions): Promise<BackupReport> {
    const { home, hasher, budget } = this.#home;
    const { capture, release } = await this.capture();
    const take = (bytes: number): Promise<void> => budget.take(bytes);
    try {
      return await runBackup({ capture, fileSystem: home.fileSystem, hasher, take }, options);
    } finally {
      release();
    }
  }
}
