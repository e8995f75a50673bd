import type { Store } from "@firn/core";
import type { CoreEntry, CoreModel } from "../model/core-model.ts";
import { applyTo } from "../model/core-state.ts";
import type { CoreState } from "../model/core-state.ts";
import { difference } from "../model/difference.ts";
import { readCore } from "./read-core.ts";

/** A backup that was answered: what was committed when it was asked for, and maybe some more. */
export interface TakenBackup {
  readonly number: number;
  readonly lsn: number;
  /** All entries of the model of then. */
  readonly entries: readonly CoreEntry[];
}

/** Backups of a store, and stores made of them. */
export interface StoreCopies {
  backup(): Promise<{ readonly number: number; readonly lsn: number }>;
  /**
   * Makes a store of the newest backup, verifies it, reads it and takes it away again. `undefined`
   * when there is none.
   */
  restore(
    read: (store: Store) => Promise<CoreState>,
  ): Promise<{ readonly number: number; readonly found: CoreState } | undefined>;
}

export interface CopyActionsHome {
  readonly copies: StoreCopies;
  readonly model: CoreModel;
  /** Of earlier processes too. */
  readonly taken: TakenBackup[];
  readonly report: (violation: string) => void;
  readonly isOff: () => boolean;
}

/** Backups and restores of a history, one after the other. */
export class CopyActions {
  readonly #home: CopyActionsHome;
  #last: Promise<void> = Promise.resolve();

  constructor(home: CopyActionsHome) {
    this.#home = home;
  }

  do(kind: "backup" | "restore"): Promise<void> {
    const step = this.#last.then(() => (kind === "backup" ? this.#backup() : this.#restore()));
    this.#last = step.catch(() => undefined);
    return step;
  }

  async #backup(): Promise<void> {
    const { copies, model, taken, isOff } = this.#home;
    const { number, lsn } = await copies.backup();
    if (!isOff()) taken.push({ number, lsn, entries: model.entries });
  }

  async #restore(): Promise<void> {
    const { copies, model, taken, report, isOff } = this.#home;
    const newest = taken.at(-1)?.number ?? 0;
    const restored = await copies.restore((store) => readCore(store, model));
    if (isOff()) return;
    const number = restored?.number ?? 0;
    if (number < newest) report(`backup ${newest} was taken, the newest is ${number}`);
    // One whose answer a crash cut off may be whole: what it holds nobody knows.
    const backup = taken.find((one) => one.number === number);
    if (backup === undefined || restored === undefined) return;
    const wrong = this.#explain(backup, restored.found);
    if (wrong !== undefined) report(`backup ${number} is not what was backed up: ${wrong}`);
  }

  #explain({ lsn, entries }: TakenBackup, found: CoreState): string | undefined {
    const { model } = this.#home;
    const state: CoreState = new Map();
    let wrong = "";
    const all = entries.filter(({ refused }) => !refused);
    for (let count = 0; count <= all.length; count++) {
      if (count > 0) applyTo(state, (all[count - 1] as CoreEntry).effects);
      if ((all[count]?.lsn ?? Infinity) <= lsn) continue;
      if (model.matches(state, found)) return undefined;
      wrong ||= difference(state, found);
    }
    return wrong;
  }
}
