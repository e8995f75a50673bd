import type { SeededRandom } from "@firn/core";
import { diskError } from "./disk-fault.ts";
import type { SimFile } from "./sim-file.ts";
import type { DiskFault, DiskHook, DiskOperation } from "./disk-fault.ts";

export interface QueuedRequest {
  readonly operation: DiskOperation;
  readonly path: string;
  readonly offset?: number | undefined;
  readonly length?: number | undefined;
}

export interface InFlightWrite {
  readonly file: SimFile;
  /** Puts the bytes into that file, or into a copy of it. */
  readonly land: (file: SimFile) => void;
}

/**
 * Where requests wait for the disk: counts them, asks the fault hook, lets them overtake one
 * another, and cuts a process off. A request of a process that was cut off never settles, as
 * nothing of that process runs again.
 */
export class DiskQueue {
  hook: DiskHook | undefined;
  requestCount = 0;
  readonly random: SeededRandom;
  /** Resolves when a `halt` fault has cut the process off. */
  readonly halted: Promise<void>;

  readonly #turnsMax: number;
  readonly #inFlight = new Set<InFlightWrite>();
  #dead = false;
  #halt: () => void = () => {};

  constructor(random: SeededRandom, turnsMax: number) {
    this.random = random;
    this.#turnsMax = turnsMax;
    this.halted = new Promise((resolve) => {
      this.#halt = resolve;
    });
  }

  /** Writes that were given to the disk and have not been answered. */
  get inFlight(): Iterable<InFlightWrite> {
    return this.#inFlight;
  }

  /**
   * Takes the request's turns and returns what should go wrong. A write lands at once when the
   * power fails meanwhile: it has been given to the disk, which may have begun it.
   */
  async request(request: QueuedRequest, write?: InFlightWrite): Promise<DiskFault | undefined> {
    if (this.#dead) return forever();
    if (write !== undefined) this.#inFlight.add(write);
    const fault = this.#ask(request);
    for (let turns = this.random.below(this.#turnsMax + 1); turns > 0; turns--) await undefined;
    if (this.#dead) return forever();
    if (write !== undefined) this.#inFlight.delete(write);
    return fault;
  }

  /** As `request`, at once. @throws EIO in a process that was cut off. */
  requestSync(request: QueuedRequest): DiskFault | undefined {
    const fault = this.#dead ? undefined : this.#ask(request);
    if (!this.#dead) return fault;
    throw diskError("EIO", `${request.operation} without power`, request.path);
  }

  /** The process ends here; what it gave to the disk stays given. */
  cutOff(): void {
    this.#dead = true;
    for (const write of this.#inFlight) write.land(write.file);
    this.#inFlight.clear();
  }

  #ask(request: QueuedRequest): DiskFault | undefined {
    this.requestCount++;
    if (this.hook === undefined) return undefined;
    const { operation, path, offset = 0, length = 0 } = request;
    const fault = this.hook({ number: this.requestCount, operation, path, offset, length });
    if (fault === "halt") {
      this.cutOff();
      this.#halt();
    }
    return fault;
  }
}

/** Fails the request as its fault says; a fault that does not fail it passes. */
export function raise(fault: DiskFault | undefined, operation: string, path: string): void {
  if (fault === "eio") throw diskError("EIO", operation, path);
  if (fault === "full" || fault === "short") throw diskError("ENOSPC", operation, path);
}

/** A new promise each time: reactions to a shared one would pile up. */
function forever(): Promise<never> {
  return new Promise(() => {});
}
