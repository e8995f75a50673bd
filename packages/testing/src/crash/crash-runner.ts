/**
 * Runs a history against a store on the simulated disk and index, beside the model. Nothing is
 * waited for unless the history says so, so that requests overlap; power fails between any two disk
 * requests, recovery included. After each crash the store must be in a state that the model allows
 * and be usable again.
 */
import { ManualClock, SeededRandom } from "@firn/core";
import type { Store } from "@firn/core";
import type { CrashOptions } from "../disk/crash-options.ts";
import type { DiskFault, DiskOperation, DiskRequest } from "../disk/disk-fault.ts";
import { SimFileSystem } from "../disk/sim-file-system.ts";
import { SimIndex } from "../index/sim-index.ts";
import { CoreModel } from "../model/core-model.ts";
import { spacesOf } from "../model/core-state.ts";
import type { CoreState } from "../model/core-state.ts";
import { HistoryActions } from "./history-actions.ts";
import type { CoreOperation } from "./core-operation.ts";
import { codeOf, readCore } from "./read-core.ts";
import { Rot } from "./rot.ts";
import type { TakenBackup } from "./copy-actions.ts";
import type { CrashRunnerOptions, OpenedCore, SimMachine } from "./crash-runner-options.ts";
import { waitTurns } from "./wait-turns.ts";
import { CommittedPins } from "../model/committed-pins.ts";

/** Restarts that find the (simulated) index gone. */
const INDEX_LOSS_ONE_IN = 6;
const START_MS = 1_700_000_000_000;

type Restart = "crash" | "kill";

export class CrashRunner {
  readonly model: CoreModel = new CoreModel();
  readonly pins: CommittedPins = new CommittedPins();
  /** Restarts after which the store was opened and found right. */
  crashes = 0;
  kills = 0;
  reboots = 0;
  /** Bytes that rotted, and were repaired unless a fault or a crash came between. */
  rotten = 0;
  /** Changes that were not durable at the first power failure, when `keep` chose among them. */
  pendingAtCrash = 0;
  /** The request that `strike` struck last; `undefined` when there were fewer requests. */
  struck: DiskRequest | undefined;
  readonly #options: CrashRunnerOptions;
  readonly #random: SeededRandom;
  #disk: SimFileSystem;
  #index: SimIndex;
  #clock: ManualClock = new ManualClock(START_MS);
  #down = false;
  #requests = 0;
  #restart: { readonly kind: Restart; readonly at: number } | undefined;
  #fault: (CoreOperation & { readonly kind: "fault" }) | undefined;
  #faultWaits = 0;
  #faultStruck = false;
  /** The disk has a limit now; it may have been met since this process began. */
  #bounded = false;
  #full = false;
  #sticky: DiskOperation | undefined;
  #actions: HistoryActions | undefined;
  readonly #taken: TakenBackup[] = [];
  /** Rot that no scrub has repaired yet. */
  #rot: Rot | undefined;

  constructor(options: CrashRunnerOptions) {
    this.#options = options;
    this.#random = new SeededRandom(options.seed);
    this.#disk = new SimFileSystem({ seed: this.#random.below(2 ** 32) });
    this.#index = new SimIndex({ seed: this.#random.below(2 ** 32) });
  }

  /** @throws an error that names the first promise that was broken. */
  async run(history: readonly CoreOperation[]): Promise<void> {
    const { probes } = this.#options;
    await this.#boot();
    probes?.steps(true);
    for (const operation of history) {
      await this.#step(operation);
      this.#actions?.throwIfViolated();
    }
    probes?.steps(false);
    await this.#powerOff("crash");
    await this.#boot();
    await this.#closeCleanly();
    await probes?.run();
  }

  async #step(operation: CoreOperation): Promise<void> {
    const actions = this.#actions as HistoryActions;
    switch (operation.kind) {
      case "crash":
      case "kill":
        this.#restart = { kind: operation.kind, at: this.#disk.requestCount + operation.after + 1 };
        return;
      case "fault":
        this.#fault = operation;
        this.#faultWaits = operation.after;
        return;
      case "fill":
        this.#fill(operation.bytesLeft);
        return;
      case "advance":
        this.#clock.advance(operation.ms);
        return;
      case "reboot":
        await this.#reboot();
        break;
      case "rot":
        await this.#rotAndScrub(actions, operation.place);
        break;
      case "settle":
        await this.#wait(actions.settled(), "settle");
        break;
      case "turns":
        for (let turn = 0; turn < operation.count && !this.#down; turn++) {
          await this.#options.turn();
        }
        break;
      default:
        actions.begin(operation);
    }
    if (this.#down) await this.#recover();
  }

  /** Nobody reads meanwhile: rot that was met is refused, and that would be no fault. */
  async #rotAndScrub(actions: HistoryActions, place: number): Promise<void> {
    await this.#wait(actions.settled(), "settle");
    if (!this.#down) actions.begin({ kind: "parity" });
    await this.#wait(actions.settled(), "make parity");
    if (this.#down) return;
    this.#rot = Rot.strike(this.#disk, place);
    if (this.#rot !== undefined) this.rotten++;
    actions.begin({ kind: "scrub" });
    await this.#wait(actions.settled(), "scrub");
    if (this.#down) return;
    // A fault may have kept it from its repair.
    this.#rot?.undo(this.#disk);
    this.#rot = undefined;
  }

  /** The disk fills up, or somebody makes room. */
  #fill(bytesLeft: number | undefined): void {
    this.#bounded = bytesLeft !== undefined;
    // What is under way may be refused a little later.
    this.#full ||= this.#bounded;
    const { usedBytes } = this.#disk;
    this.#disk.capacityBytes = usedBytes + (bytesLeft ?? Number.POSITIVE_INFINITY);
  }

  /** A clean close, and opened again. */
  async #reboot(): Promise<void> {
    await this.#close();
    if (this.#down) return;
    // The same process may open it again, or the next one.
    if (this.#random.below(2) === 0) this.#disk = this.#disk.kill();
    this.#index = this.#index.crash();
    this.reboots++;
    await this.#boot();
  }

  async #recover(): Promise<void> {
    const { kind } = this.#restart ?? { kind: "crash" };
    this.#actions?.throwIfViolated();
    await this.#powerOff(kind);
    await this.#boot();
  }

  async #powerOff(kind: Restart): Promise<void> {
    this.#restart = undefined;
    this.#actions?.cutOff();
    if (kind === "crash") this.#disk = this.#disk.crash(this.#crashOptions());
    else this.#disk = this.#disk.kill();
    this.#rot?.undo(this.#disk);
    this.#rot = undefined;
    this.#index = this.#isIndexLost() ? this.#index.lost() : this.#index.crash();
    if (kind === "crash") this.crashes++;
    else this.kills++;
    await this.#options.turn();
  }

  /** Invariant 1: whoever loses the index loses nothing. */
  #isIndexLost(): boolean {
    return this.#options.losesIndex !== false && this.#random.below(INDEX_LOSS_ONE_IN) === 0;
  }

  #crashOptions(): CrashOptions {
    const { keep } = this.#options;
    if (keep === undefined || this.crashes > 0) return {};
    this.pendingAtCrash = this.#disk.pending().length;
    let number = 0;
    return { keep: () => keep(number++), tear: false, staleLength: false };
  }

  /** Opens the store, as often as it takes, and compares what it holds with the model. */
  async #boot(): Promise<void> {
    for (;;) {
      this.#plugIn();
      const opened = await this.#open();
      if (opened !== undefined && (await this.#matches(opened.store))) {
        this.#actions = this.#beginActions(opened);
        this.#actions.lookBack();
        await this.#makeFirstSpaces();
        if (!this.#down && spacesOf(this.model.newest()).length >= 2) return;
        // A fault struck the first commit: the store must be opened again.
        if (!this.#down) await this.#close();
      }
      if (this.#down) await this.#powerOff(this.#restart?.kind ?? "crash");
    }
  }

  #beginActions(opened: OpenedCore): HistoryActions {
    const committedTime = this.#actions?.committedTime ?? 0;
    const seed = this.#seed();
    const kept = { model: this.model, pins: this.pins, taken: this.#taken };
    const actions = new HistoryActions({ ...opened, ...kept, seed, committedTime });
    actions.faultsExpected = () => this.#faultStruck;
    actions.isDiskFull = () => this.#full;
    actions.isDown = () => this.#down;
    return actions;
  }

  #plugIn(): void {
    this.#down = false;
    this.#disk.hook = (request) => {
      this.#probe(request);
      if (this.#restart !== undefined && request.number >= this.#restart.at) {
        this.#down = true;
        return "halt";
      }
      const struck = this.#strike(request);
      if (struck !== undefined) return struck;
      const fault = this.#fault;
      // A flush that fails is tried again in real time, for which no history has the patience.
      if (isOfIndex(request)) return undefined;
      if (fault?.operation === request.operation && this.#faultWaits-- <= 0) {
        this.#fault = undefined;
        this.#faultStruck = true;
        return fault.fault;
      }
      return undefined;
    };
    // A clock may stand behind the one of the last boot; commit times must not.
    this.#clock = new ManualClock(START_MS + this.#random.below(100_000));
  }

  /** Rot would be a second fault beside the power's. */
  #probe(request: DiskRequest): void {
    this.#requests++;
    this.#options.onRequest?.(request, this.#requests);
    if (this.#rot !== undefined) return;
    this.#options.probes?.note(
      { disk: this.#disk, index: this.#index, model: this.model, pins: this.pins },
      request,
    );
  }

  /** What the options let strike this request. */
  #strike(request: DiskRequest): DiskFault | undefined {
    const { strike } = this.#options;
    if (strike === undefined) return undefined;
    const again = this.#sticky !== undefined && this.#sticky === request.operation;
    if (this.#requests !== strike.request && !again) return undefined;
    if (strike.fault !== "halt" && isOfIndex(request)) return undefined;
    this.struck = request;
    if (strike.sticky === true) this.#sticky = request.operation;
    if (strike.fault === "halt") this.#down = true;
    else this.#faultStruck = true;
    return strike.fault;
  }

  async #open(): Promise<OpenedCore | undefined> {
    this.#faultStruck = false;
    this.#full = this.#bounded;
    this.#sticky = undefined;
    try {
      return await this.#wait(this.#options.open(this.#machine()), "open");
    } catch (error) {
      const refused = this.#full && codeOf(error) === "FIRN_DISK_FULL";
      if (!this.#faultStruck && !refused) throw error;
      this.#fill(undefined);
      if (codeOf(error) === "FIRN_STORE_LOCKED") throw error;
      this.#expectNoHandles();
      return undefined;
    }
  }

  #machine(): SimMachine {
    const random = new SeededRandom(this.#seed());
    return { fileSystem: this.#disk, index: this.#index, clock: this.#clock, random };
  }

  async #matches(store: Store): Promise<boolean> {
    const read = (): Promise<CoreState> => readCore(store, this.model);
    // The fault that was waiting may strike a read; the next one must succeed.
    const reads = read().catch((error: unknown) => {
      if (!this.#faultStruck) throw error;
      this.#sticky = undefined;
      return read();
    });
    const found = await this.#wait(reads, "read everything");
    if (found === undefined) return false;
    const wrong = this.model.recover(found) ?? this.pins.recover(store.pins());
    if (wrong !== undefined) throw new Error(wrong);
    return true;
  }

  /** One key space for the stream, and one to work in. */
  async #makeFirstSpaces(): Promise<void> {
    if (spacesOf(this.model.newest()).length >= 2) return;
    this.#fill(undefined);
    const create = { kind: "create", indexedValueBytes: 64 } as const;
    const actions = this.#actions as HistoryActions;
    actions.begin({ kind: "transact", steps: [create, create], throws: false, declared: false });
    await this.#wait(actions.settled(), "make the first key spaces");
    actions.throwIfViolated();
  }

  async #closeCleanly(): Promise<void> {
    const actions = this.#actions as HistoryActions;
    this.#fill(undefined);
    const step = { kind: "put", space: 1, key: 1, bytes: 20 } as const;
    actions.begin({ kind: "transact", steps: [step], throws: false, declared: false });
    await this.#wait(actions.settled(), "be usable again");
    await this.#close();
    this.#disk.hook = undefined;
    const findings = (await this.#options.check?.(this.#machine())) ?? [];
    if (findings.length > 0) throw new Error(`firn check finds: ${findings.join("; ")}`);
  }

  /** A close may fail where a fault strikes, but lets go of everything all the same. */
  async #close(): Promise<void> {
    const actions = this.#actions as HistoryActions;
    try {
      await this.#wait(actions.close(), "close");
    } catch (error) {
      if (!this.#faultStruck) throw error;
    }
    if (this.#down) return;
    actions.throwIfViolated();
    actions.cutOff();
    this.#expectNoHandles();
  }

  #expectNoHandles(): void {
    const { openHandles } = this.#disk;
    if (openHandles > 0) throw new Error(`the store closed and left ${openHandles} files open`);
  }

  #wait<T>(promise: Promise<T>, what: string): Promise<T | undefined> {
    return waitTurns(promise, { what, turn: this.#options.turn, isDown: () => this.#down });
  }

  #seed(): number {
    return this.#random.below(2 ** 32);
  }
}

function isOfIndex({ path }: DiskRequest): boolean {
  return `${path}/`.includes("/index/");
}
