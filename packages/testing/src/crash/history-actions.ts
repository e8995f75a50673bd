import { SeededRandom } from "@firn/core";
import type { Appended, RecordStream, Reservation, Store, Transaction } from "@firn/core";
import type { CoreEntry, CoreModel } from "../model/core-model.ts";
import { blobLine, blobsOf, keyLine, spacesOf, streamLine } from "../model/core-state.ts";
import type { CoreState } from "../model/core-state.ts";
import type { CoreOperation } from "./core-operation.ts";
import { CopyActions } from "./copy-actions.ts";
import type { StoreCopies, TakenBackup } from "./copy-actions.ts";
import type { CommittedPins } from "../model/committed-pins.ts";
import type { StoreTending } from "./store-tending.ts";
import { TimeActions } from "./time-actions.ts";
import { codeOf, latin1, latin1Bytes, readBlob, readSpace } from "./read-core.ts";
import { MARKER_KEY, TransactionRun, keyName, pick } from "./transaction-run.ts";

export interface HistoryActionsOptions {
  readonly store: Store;
  readonly checkpoint: () => Promise<void>;
  readonly tend: StoreTending;
  readonly copies: StoreCopies;
  readonly model: CoreModel;
  readonly pins: CommittedPins;
  /** Backups of this and of earlier processes. */
  readonly taken: TakenBackup[];
  readonly seed: number;
  /** Commit time of the newest acknowledged batch of earlier processes. */
  readonly committedTime: number;
}

/** What the actions of a history are, restarts and faults aside. */
export type Action = Exclude<
  CoreOperation,
  {
    readonly kind:
      | ("crash" | "kill" | "fault" | "fill" | "advance" | "reboot" | "settle" | "turns")
      | "rot";
  }
>;

type Transact = Action & { readonly kind: "transact" };

class Thrown extends Error {}

/** Requests to one opened store, each checked against the model when it is answered. */
export class HistoryActions {
  /** True when a fault has struck this process: failures are then no violation. */
  faultsExpected: () => boolean = () => false;
  /** True when the disk may be full: writes may be refused, with FIRN_DISK_FULL alone. */
  isDiskFull: () => boolean = () => false;
  /** True when the power has failed: a synchronous read that meets it fails, and proves nothing. */
  isDown: () => boolean = () => false;
  readonly #options: HistoryActionsOptions;
  readonly #model: CoreModel;
  readonly #store: Store;
  readonly #random: SeededRandom;
  readonly #time: TimeActions;
  readonly #copies: CopyActions;
  readonly #outstanding = new Set<Promise<void>>();
  #violation: string | undefined;
  #values = 0;
  /** Once a write has failed, no later one may succeed. */
  #failed = false;
  #closing = false;
  #off = false;
  #lastTime: number;
  /** Commit time of the newest acknowledged batch. */
  committedTime: number;
  /**
   * The newest batch, whose body has returned. Whether the store took it shows in the marker that
   * the next body reads: when the log had no room, the body runs again, behind others.
   */
  #tentative: CoreEntry | undefined;
  /** Entries up to the newest stream record. */
  #appended = 0;

  constructor(options: HistoryActionsOptions) {
    this.#options = options;
    this.#model = options.model;
    this.#store = options.store;
    this.#random = new SeededRandom(options.seed);
    this.committedTime = options.committedTime;
    this.#lastTime = options.committedTime;
    const home = {
      ...options,
      report: (violation: string) => this.#report(violation),
      isOff: () => this.#off,
      onFeedError: (error: unknown) => this.#refused("feed", error),
    };
    this.#time = new TimeActions(home);
    this.#copies = new CopyActions(home);
  }

  /** What was true before the restart can still be seen. */
  lookBack(): void {
    const back = this.#random.below(10);
    const kind = (["viewAt", "feed"] as const)[this.#random.below(4)];
    if (kind !== undefined) this.begin({ kind, back });
  }

  /** Begins an action; it is checked when it ends. */
  begin(action: Action): void {
    const ended = this.#do(action).catch((error: unknown) => this.#refused(action.kind, error));
    this.#outstanding.add(ended);
    void ended.finally(() => this.#outstanding.delete(ended));
  }

  /** Resolves when everything begun has been answered. */
  async settled(): Promise<void> {
    while (this.#outstanding.size > 0) await Promise.all(this.#outstanding);
    if (!this.#closing) await this.#time.caughtUp();
  }

  /** Closes the store; all that was issued is durable then, unless it has failed. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#store.close();
    await this.#store.close();
    await this.settled();
    await this.#time.ended();
    if (!this.#failed && !this.faultsExpected()) {
      this.#model.acknowledgeUpTo(this.#model.issued);
    }
  }

  /** The process has ended: late answers of its promises count no more. */
  cutOff(): void {
    this.#off = true;
  }

  throwIfViolated(): void {
    if (this.#violation !== undefined) throw new Error(this.#violation);
  }

  #do(action: Action): Promise<void> {
    switch (action.kind) {
      case "transact":
        return this.#transact(action);
      case "blob":
        return this.#blob(action);
      case "stage":
        return this.#stage(action);
      case "readBlob":
        return this.#readBlob(action.blob);
      case "append":
        return this.#append(action);
      case "barrier":
        return this.#barrier();
      case "checkpoint":
        return this.#options.checkpoint();
      case "compact":
        return this.#options.store.compact().then(() => undefined);
      case "parity":
        return this.#options.tend.makeParity();
      case "scrub":
        return this.scrub();
      case "rebuild":
        return this.#options.tend.rebuildIndex();
      case "get":
        return this.#get(action);
      case "view":
        return this.#view();
      case "viewAt":
      case "feed":
      case "pin":
      case "unpin":
      case "forget":
        return this.#time.do(action);
      case "backup":
      case "restore":
        return this.#copies.do(action.kind);
    }
  }

  /** Nothing may be wrong, or stay so. */
  async scrub(): Promise<void> {
    const problems = await this.#options.tend.scrub();
    if (problems.length > 0 && !this.faultsExpected() && !this.isDiskFull()) {
      this.#report(`a scrub finds ${problems.join("; ")}`);
    }
  }

  async #transact(action: Transact): Promise<void> {
    const body = (run: TransactionRun): void => {
      for (const step of action.steps) run.do(step);
      if (action.throws) throw new Thrown("as planned");
    };
    const reads = action.declared ? this.#declare(action) : undefined;
    await this.#commit(body, reads === undefined ? undefined : { reads });
  }

  /** Runs a body that is checked against the model, and enters what it did there. */
  async #commit(
    body: (run: TransactionRun) => void,
    options?: { readonly reads: (readonly [number, Uint8Array])[] },
  ): Promise<void> {
    const failedBefore = this.#failed;
    let entry: CoreEntry | undefined;
    let last: TransactionRun | undefined;
    try {
      await this.#store.transact((tx) => {
        if (entry !== undefined) this.#model.refuse(entry);
        entry = undefined;
        last = this.#beginRun(tx);
        body(last);
        if (last.effects.length === 0) return;
        last.mark(this.#makeValue(12));
        entry = this.#model.issue(last.effects, { lsn: last.lsn, time: last.now });
        this.#tentative = entry;
      }, options);
    } catch (error) {
      if (error instanceof Thrown) return this.#answered(last);
      if (entry !== undefined && !mayBeThere(error)) this.#model.refuse(entry);
      throw error;
    }
    this.#answered(last);
    if (entry === undefined || this.#off) return;
    if (failedBefore) this.#report("a write was acknowledged after the store had failed");
    this.#model.acknowledge(entry);
    this.committedTime = Math.max(this.committedTime, last?.now ?? 0);
  }

  #beginRun(tx: Transaction): TransactionRun {
    if (tx.now < this.#lastTime) this.#report(`time went back to ${tx.now}`);
    this.#lastTime = tx.now;
    const home = {
      model: this.#model,
      makeValue: (bytes: number) => this.#makeValue(bytes),
      report: (violation: string) => this.#report(violation),
    };
    if (this.#tentative !== undefined && !isMarked(tx, this.#model.newest())) {
      this.#model.refuse(this.#tentative);
    }
    this.#tentative = undefined;
    const run = new TransactionRun(tx, home);
    if (!isMarked(tx, this.#model.newest())) this.#report("a batch is not seen by the next one");
    return run;
  }

  /** The answer depended on what the run had read: all of that must be durable now. */
  #answered(run: TransactionRun | undefined): void {
    if (!this.#off && run !== undefined) this.#model.acknowledgeUpTo(run.countBehind);
  }

  #declare(action: Transact): (readonly [number, Uint8Array])[] {
    const spaces = spacesOf(this.#model.newest());
    return action.steps.flatMap((step) => {
      if (step.kind !== "get" && step.kind !== "put") return [];
      const space = pick(spaces, step.space);
      return space === undefined ? [] : [[space, latin1Bytes(keyName(step.key))] as const];
    });
  }

  /** Stages bytes, and attaches them together with a key that names them. */
  async #blob(action: Action & { readonly kind: "blob" }): Promise<void> {
    const bytes = this.#makeValue(action.bytes);
    const staged = await this.#store.blobs.stage(latin1Bytes(bytes));
    await this.#commit((run) => {
      const space = pick(spacesOf(this.#model.newest()), action.space);
      run.attach(staged, bytes);
      if (space !== undefined) run.put(space, keyName(action.key), staged.id);
    });
  }

  /** Stages bytes that belong to nothing: they must not be seen, and cost nobody anything. */
  async #stage(action: Action & { readonly kind: "stage" }): Promise<void> {
    const staged = await this.#store.blobs.stage(latin1Bytes(this.#makeValue(action.bytes)));
    if (action.discards) this.#store.blobs.discard(staged);
  }

  /** A blob is read whole, or was not there; however many are released and compacted meanwhile. */
  async #readBlob(number: number): Promise<void> {
    const blob = pick(blobsOf(this.#model.newest()), number);
    if (blob === undefined) return;
    const from = this.#model.acknowledged;
    const found = await readBlob(this.#store, blob);
    if (this.#off || this.#model.values(blobLine(blob), from).has(found)) return;
    this.#report(`blob ${blob} reads as something that it has not been meanwhile`);
  }

  /** Appends in a transaction's body: there it is certain what lies before it. */
  async #append({ bytes, second }: Action & { readonly kind: "append" }): Promise<void> {
    const space = spacesOf(this.#model.newest())[second === true ? 1 : 0] as number;
    const stream = this.#store.stream(space);
    const body = this.#makeValue(bytes);
    const room = await stream.reserve(body.length);
    let appended: Appended | undefined;
    await this.#store.transact((tx) => {
      this.#beginRun(tx);
      if (!spacesOf(this.#model.newest()).includes(space)) return room.release();
      appended = this.#appendNow(stream, room, body);
      const { lsn } = appended;
      this.#model.issue([{ kind: "append", space, lsn, body }], { lsn, time: tx.now });
      this.#appended = this.#model.issued;
    });
    if (appended === undefined) return;
    const { lsn, position } = appended as Appended;
    const needed = (): string => body.slice(0, this.#model.needed(streamLine(space, lsn)));
    try {
      const later = latin1(await stream.read(position, body.length));
      if (!later.startsWith(needed())) this.#report("a record of the stream reads as another");
    } catch (error) {
      if (codeOf(error) !== "FIRN_POSITION_GONE" || needed() !== "") throw error;
    }
  }

  #appendNow(stream: RecordStream, room: Reservation, body: string): Appended {
    const half = body.length >> 1;
    const parts = [latin1Bytes(body.slice(0, half)), latin1Bytes(body.slice(half))];
    const appended = stream.append(room, parts);
    for (const part of parts) part.fill(0);
    if (latin1(stream.readSync(appended.position, body.length)) !== body) {
      this.#report("a record of the stream cannot be read at once");
    }
    return appended;
  }

  async #barrier(): Promise<void> {
    const failedBefore = this.#failed;
    const appended = this.#appended;
    const space = spacesOf(this.#model.newest())[0] as number;
    await this.#store.stream(space).barrier();
    if (this.#off) return;
    if (failedBefore && appended > this.#model.acknowledged) {
      this.#report("a barrier succeeded after the store had failed");
    }
    this.#model.acknowledgeUpTo(appended);
  }

  async #get(action: Action & { readonly kind: "get" }): Promise<void> {
    const space = pick(spacesOf(this.#model.newest()), action.space);
    if (space === undefined) return;
    const line = keyLine(space, keyName(action.key));
    const from = this.#model.acknowledged;
    const bytes = await this.#store.get(space, latin1Bytes(keyName(action.key)));
    const found = bytes && latin1(bytes);
    if (this.#off || this.#model.values(line, from).has(found)) return;
    this.#report(`get ${line} found ${found}, which it has not been meanwhile`);
  }

  /** A view shows one state that was durable when it was opened, however late it is read. */
  async #view(): Promise<void> {
    const possible = [...this.#model.states()].length;
    const states: CoreState[] = [];
    for (const state of this.#model.states()) states.push(new Map(state));
    const view = this.#store.view();
    const found: CoreState = new Map();
    const spaces = spacesOf(this.#model.newest());
    for (const space of spaces) if (!(await readSpace(view, space, found))) return;
    view.close();
    const seen = (state: CoreState): boolean =>
      spaces.every((space) => sameKeys(state, found, keyLine(space, "")));
    if (!states.some(seen)) this.#report(`a view shows none of ${possible} possible states`);
  }

  #refused(what: string, error: unknown): void {
    const code = codeOf(error);
    if (this.#off || this.isDown()) return;
    if (code === "FIRN_STORE_FAILED") this.#failed = true;
    const expected =
      (this.faultsExpected() && code !== "FIRN_RECORD_CORRUPT") ||
      (this.#closing && code === "FIRN_STORE_CLOSED") ||
      (this.isDiskFull() && (code === "FIRN_DISK_FULL" || code === "ENOSPC")) ||
      code === "FIRN_SCRUB_RUNNING" ||
      code === "FIRN_KEY_SPACE_NOT_FOUND";
    if (!expected) this.#report(`${what} failed: ${String((error as Error).stack)}`);
  }

  #report(violation: string): void {
    if (!this.#off && !this.isDown()) this.#violation ??= violation;
  }

  #makeValue(bytes: number): string {
    const name = `${this.#values++}.${this.#random.below(1e6)} `;
    return bytes <= name.length ? name.slice(0, bytes) : name.repeat(bytes / name.length + 1);
  }
}

/** After these the batch may be in the log all the same; after all others it must not be. */
function mayBeThere(error: unknown): boolean {
  return codeOf(error) === "FIRN_STORE_FAILED";
}

/** Does the transaction see the marker of the newest batch? */
function isMarked(tx: Transaction, newest: CoreState): boolean {
  const space = spacesOf(newest)[0];
  if (space === undefined) return true;
  const found = tx.get(space, latin1Bytes(MARKER_KEY));
  return (found && latin1(found)) === newest.get(keyLine(space, MARKER_KEY));
}

function sameKeys(a: CoreState, b: CoreState, prefix: string): boolean {
  const keysOf = (state: CoreState): string =>
    JSON.stringify([...state].filter(([line]) => line.startsWith(prefix)).sort());
  return keysOf(a) === keysOf(b);
}
