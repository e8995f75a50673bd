import type { Clock, FileSystem, IndexFactory, Random, Store } from "@firn/core";
import type { DiskFault, DiskRequest } from "../disk/disk-fault.ts";
import type { StoreCopies } from "./copy-actions.ts";
import type { CrashProbes } from "./crash-probes.ts";
import type { StoreTending } from "./store-tending.ts";

/** The machine that a process finds when it starts. */
export interface SimMachine {
  readonly fileSystem: FileSystem;
  readonly index: IndexFactory;
  readonly clock: Clock;
  readonly random: Random;
}

/** A store under test, with what its public interface does not offer. */
export interface OpenedCore {
  readonly store: Store;
  /** Flushes the memtable into the index. */
  checkpoint(): Promise<void>;
  readonly tend: StoreTending;
  readonly copies: StoreCopies;
}

export interface CrashRunnerOptions {
  readonly seed: number;
  readonly open: (machine: SimMachine) => Promise<OpenedCore>;
  /** Findings of `firn check` on a directory that no store has open; none when all is well. */
  readonly check?: ((machine: SimMachine) => Promise<readonly string[]>) | undefined;
  /** Resolves behind everything that is ready now. */
  readonly turn: () => Promise<void>;
  /** Something that happens at one request of the history, counted from 1 over all processes. */
  readonly strike?: Strike | undefined;
  /** Sees each request, with its number in the history. */
  readonly onRequest?: ((request: DiskRequest, number: number) => void) | undefined;
  /** Power failures at requests of the history. */
  readonly probes?: CrashProbes | undefined;
  /** Some restarts find no index, and must make it again from the log. Default true. */
  readonly losesIndex?: boolean | undefined;
  /** Which pending changes the first power failure keeps, by their number. Default: any. */
  readonly keep?: ((number: number) => boolean) | undefined;
}

export interface Strike {
  readonly request: number;
  readonly fault: DiskFault;
  /** Later requests of the same kind fail too, until the process ends. */
  readonly sticky?: boolean | undefined;
}
