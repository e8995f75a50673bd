import type { FileHandle } from "@firn/core";
import type { CrashPlan } from "./crash-options.ts";
import { diskError } from "./disk-fault.ts";
import { raise } from "./disk-queue.ts";
import type { DiskQueue } from "./disk-queue.ts";
import type { SimFile } from "./sim-file.ts";
import { SECTOR_BYTES } from "./torn-write.ts";

/** What the handles of one disk share. */
export interface DiskSpace {
  capacityBytes: number;
  usedBytes: number;
  openHandles: number;
}

interface SimFileHandleOptions {
  readonly file: SimFile;
  readonly path: string;
  readonly queue: DiskQueue;
  readonly space: DiskSpace;
  /** Decides what a failed sync leaves. */
  readonly plan: () => CrashPlan;
}

/** An open file of the simulated disk. */
export class SimFileHandle implements FileHandle {
  readonly #file: SimFile;
  readonly #path: string;
  readonly #queue: DiskQueue;
  readonly #space: DiskSpace;
  readonly #plan: () => CrashPlan;
  #open = true;
  #failuresSeen: number;

  constructor(options: SimFileHandleOptions) {
    this.#file = options.file;
    this.#path = options.path;
    this.#queue = options.queue;
    this.#space = options.space;
    this.#plan = options.plan;
    this.#failuresSeen = options.file.syncFailures;
    this.#space.openHandles++;
  }

  async write(parts: readonly Uint8Array[], offset: number): Promise<void> {
    this.#check("write");
    let length = 0;
    for (const part of parts) length += part.length;
    const land = (bytes: number, at = offset): void => {
      const before = this.#file.size;
      this.#file.write(parts, at, bytes);
      this.#space.usedBytes += this.#file.size - before;
    };
    const { random } = this.#queue;
    const request = { operation: "write", path: this.#path, offset, length } as const;
    const fault = await this.#queue.request(request, {
      file: this.#file,
      land: (file) => file.write(parts, offset, length),
    });
    if (fault === "lost") return;
    if (fault === "misdirected") return land(length, this.#elsewhere(offset));
    const room = Math.max(0, this.#space.capacityBytes - this.#space.usedBytes);
    const fits = Math.max(0, Math.min(length, this.#file.size + room - offset));
    const cut = fault === "short" || fault === "eio" ? random.below(length + 1) : length;
    land(fault === "full" ? 0 : Math.min(fits, cut));
    raise(fault, "write", this.#path);
    if (fits < length) throw diskError("ENOSPC", "write", this.#path);
  }

  async read(into: Uint8Array, offset: number): Promise<number> {
    this.#check("read");
    const fault = await this.#queue.request({
      operation: "read",
      path: this.#path,
      offset,
      length: into.length,
    });
    raise(fault, "read", this.#path);
    return this.#file.read(into, offset);
  }

  readSync(into: Uint8Array, offset: number): number {
    this.#check("read");
    const fault = this.#queue.requestSync({
      operation: "read",
      path: this.#path,
      offset,
      length: into.length,
    });
    raise(fault, "read", this.#path);
    return this.#file.read(into, offset);
  }

  async sync(): Promise<void> {
    this.#check("sync");
    const { sequence } = this.#file;
    const fault = await this.#queue.request({ operation: "sync", path: this.#path });
    if (fault === "lost") return;
    if (fault !== undefined) this.#file.dropDirty(this.#plan());
    if (this.#file.syncFailures === this.#failuresSeen) return this.#file.sync(sequence);
    this.#failuresSeen = this.#file.syncFailures;
    raise(fault ?? "eio", "sync", this.#path);
  }

  async size(): Promise<number> {
    this.#check("size");
    return this.#file.size;
  }

  async close(): Promise<void> {
    if (this.#open) this.#space.openHandles--;
    this.#open = false;
  }

  #check(operation: string): void {
    if (!this.#open) throw diskError("EBADF", operation, this.#path);
  }

  /** Where a misdirected write goes: another sector, the offset inside it unchanged. */
  #elsewhere(offset: number): number {
    const sectors = Math.floor(this.#file.size / SECTOR_BYTES) + 2;
    const sector = Math.floor(offset / SECTOR_BYTES);
    const other = (sector + 1 + this.#queue.random.below(sectors - 1)) % sectors;
    return other * SECTOR_BYTES + (offset % SECTOR_BYTES);
  }
}
