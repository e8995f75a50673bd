import type { CrashPlan } from "./crash-options.ts";
import { tear } from "./torn-write.ts";
import type { Piece } from "./torn-write.ts";

const FIRST_IMAGE_BYTES = 4096;

interface PendingWrite {
  readonly sequence: number;
  readonly offset: number;
  readonly length: number;
  /** What lay there, as far as the file reached; the rest was behind its end. */
  readonly before: Uint8Array;
  /** A failed sync threw its pages away: what was not written then never will be. */
  readonly dropped: boolean;
}

/**
 * One file of the simulated disk: the image that the running process sees, and an undo list of the
 * writes that are not durable. A sync is then O(1), an append one copy, and a crash costs what is
 * dirty. (Two images, live and durable, would copy each byte three times.)
 * Images are copied on the first write after a `fork`.
 */
export class SimFile {
  #image: Uint8Array = new Uint8Array(0);
  #shared = false;
  #size = 0;
  #durableSize = 0;
  #pending: PendingWrite[] = [];
  #sequence = 0;
  /** Syncs that failed: each handle is told of each once, as Linux does. */
  syncFailures = 0;

  get size(): number {
    return this.#size;
  }

  /** Names the writes so far, for `sync`. */
  get sequence(): number {
    return this.#sequence;
  }

  pending(): readonly { readonly offset: number; readonly length: number }[] {
    return this.#pending;
  }

  read(into: Uint8Array, offset: number): number {
    const end = Math.min(this.#size, offset + into.length);
    if (end <= offset) return 0;
    into.set(this.#image.subarray(offset, end));
    return end - offset;
  }

  bytes(): Uint8Array {
    return this.#image.slice(0, this.#size);
  }

  /** Writes the first `length` bytes of the parts. */
  write(parts: readonly Uint8Array[], offset: number, length: number): void {
    if (length === 0) return;
    this.#reserve(offset + length);
    const seen = Math.max(0, Math.min(this.#size, offset + length) - offset);
    const before = this.#image.slice(offset, offset + seen);
    this.#sequence++;
    this.#pending.push({ sequence: this.#sequence, offset, length, before, dropped: false });
    let at = offset;
    for (const part of parts) {
      const room = offset + length - at;
      if (room <= 0) break;
      this.#image.set(part.length > room ? part.subarray(0, room) : part, at);
      at += part.length;
    }
    this.#size = Math.max(this.#size, offset + length);
  }

  /** Makes every write up to `sequence` durable, but for what a failed sync has dropped. */
  sync(sequence: number): void {
    const synced = this.#pending.filter((write) => write.sequence <= sequence && !write.dropped);
    if (synced.length === 0) return;
    for (const write of synced) {
      this.#durableSize = Math.max(this.#durableSize, write.offset + write.length);
    }
    if (synced.length === this.#pending.length) {
      this.#pending = [];
      return;
    }
    const rest = this.#pending.filter((write) => write.sequence > sequence || write.dropped);
    this.#pending = rest.map((write) => (write.dropped ? this.#rebase(write, synced) : write));
  }

  /** A sync that fails: any subset of the dirty pages is durable, the rest never will be. */
  dropDirty(plan: CrashPlan): void {
    this.syncFailures++;
    this.#pending = this.#pending.map((write) =>
      plan.below(2) === 0 ? { ...write, dropped: true } : write,
    );
    this.sync(this.#sequence);
  }

  /** The file as the next boot finds it. */
  crash(path: string, plan: CrashPlan): void {
    if (this.#pending.length === 0) return;
    const pending = this.#pending;
    const after = this.#undo();
    let reached = this.#durableSize;
    for (const write of pending) reached = Math.max(reached, write.offset + write.length);
    let size = this.#durableSize;
    const lost: Piece[] = [];
    for (const [at, write] of pending.entries()) {
      const whole = { start: write.offset, end: write.offset + write.length };
      const { offset, length } = write;
      const keep = !write.dropped && plan.keeps({ kind: "write", path, offset, length });
      const torn = keep ? tear(whole, plan) : { kept: [], lost: [whole] };
      lost.push(...torn.lost);
      for (const { start, end } of torn.kept) {
        const bytes = after[at] as Uint8Array;
        this.#image.set(bytes.subarray(start - offset, end - offset), start);
        size = Math.max(size, end);
      }
    }
    this.#size = plan.staleLength ? this.#stale(size, { reached, lost, plan }) : size;
    this.#image.fill(0, this.#size, reached);
    this.#durableSize = this.#size;
    this.#pending = [];
  }

  /** Damages what is there, durable at once: rot, not a crash. */
  damage(offset: number, bytes: Uint8Array): void {
    this.#reserve(this.#size);
    this.#image.set(bytes.subarray(0, Math.max(0, this.#size - offset)), offset);
  }

  fork(): SimFile {
    const copy = new SimFile();
    this.#shared = true;
    copy.#image = this.#image;
    copy.#shared = true;
    copy.#size = this.#size;
    copy.#durableSize = this.#durableSize;
    copy.#pending = [...this.#pending];
    copy.#sequence = this.#sequence;
    return copy;
  }

  /** Takes every pending write back, last one first; returns what each had written. */
  #undo(): Uint8Array[] {
    this.#reserve(this.#size);
    const after: Uint8Array[] = [];
    for (let at = this.#pending.length - 1; at >= 0; at--) {
      const write = this.#pending[at] as PendingWrite;
      const end = write.offset + write.length;
      after[at] = this.#image.slice(write.offset, end);
      this.#image.set(write.before, write.offset);
      this.#image.fill(0, write.offset + write.before.length, end);
    }
    return after;
  }

  /** The length and the bytes of lost sectors, when the length was written apart from the data. */
  #stale(size: number, found: StaleLength): number {
    const { reached, lost, plan } = found;
    const choice = plan.below(4);
    if (choice === 0) return size;
    if (choice === 1) {
      const room = size - this.#durableSize;
      return size - Math.min(room, plan.below(room + 1));
    }
    const fill = choice === 3;
    for (const piece of fill ? lost : []) {
      const start = Math.max(piece.start, this.#durableSize);
      // Bytes that another, kept write put there stay; garbage is what the disk held before.
      if (piece.end > start && this.#isZero(start, piece.end)) {
        this.#image.set(plan.garbage(piece.end - start), start);
      }
    }
    return reached;
  }

  #isZero(start: number, end: number): boolean {
    for (let at = start; at < end; at++) if (this.#image[at] !== 0) return false;
    return true;
  }

  /** A dropped write's undo must not take back what was synced over it later. */
  #rebase(dropped: PendingWrite, synced: readonly PendingWrite[]): PendingWrite {
    let before = dropped.before;
    for (const write of synced) {
      const start = Math.max(write.offset, dropped.offset);
      const end = Math.min(write.offset + write.length, dropped.offset + dropped.length);
      if (write.sequence < dropped.sequence || start >= end) continue;
      const wider = new Uint8Array(Math.max(before.length, end - dropped.offset));
      wider.set(before);
      wider.set(this.#image.subarray(start, end), start - dropped.offset);
      before = wider;
    }
    return { ...dropped, before };
  }

  #reserve(size: number): void {
    if (!this.#shared && size <= this.#image.length) return;
    let capacity = Math.max(FIRST_IMAGE_BYTES, this.#image.length);
    while (capacity < size) capacity *= 2;
    const image = new Uint8Array(capacity);
    image.set(this.#image.subarray(0, this.#size));
    this.#image = image;
    this.#shared = false;
  }
}

interface StaleLength {
  /** Behind the last byte that any pending write touched. */
  readonly reached: number;
  readonly lost: readonly Piece[];
  readonly plan: CrashPlan;
}
