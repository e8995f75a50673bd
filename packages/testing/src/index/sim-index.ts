import { SeededRandom } from "@firn/core";
import type { Entry, IndexFactory, IndexMark, IndexSnapshot, IndexWrite } from "@firn/core";
import type { OrderedIndex, RangePage } from "@firn/core";
import { SortedBytes } from "./sorted-bytes.ts";

export interface SimIndexOptions {
  readonly seed: number;
  /** A write resolves after up to this many turns of the microtask queue. Default 3. */
  readonly turnsMax?: number | undefined;
}

interface IndexBatch {
  readonly writes: readonly IndexWrite[];
  readonly mark: IndexMark | undefined;
}

interface IndexState {
  tag: string;
  entries: SortedBytes;
  mark: IndexMark | undefined;
}

/**
 * The index port in memory, with a power switch. After `crash` it holds what had resolved and any
 * subset of the batches under way, as an index that synced each batch would. An instance serves one
 * process: `crash` returns the next one.
 */
export class SimIndex implements IndexFactory {
  /** Asked before each write: true fails it, with any subset of what is under way applied. */
  failWrite: (() => boolean) | undefined;
  /** Writes so far. */
  writeCount = 0;

  readonly #random: SeededRandom;
  readonly #turnsMax: number;
  #directories = new Map<string, IndexState>();
  #underWay = new Map<IndexBatch, IndexState>();
  #dead = false;

  constructor(options: SimIndexOptions) {
    this.#random = new SeededRandom(options.seed);
    this.#turnsMax = options.turnsMax ?? 3;
  }

  async open(directory: string, tag: string): Promise<OrderedIndex> {
    if (this.#dead) return forever();
    const found = this.#directories.get(directory);
    if (found !== undefined && found.tag === tag) return this.#handle(found);
    const state = { tag, entries: new SortedBytes(), mark: undefined };
    this.#directories.set(directory, state);
    return this.#handle(state);
  }

  async destroy(directory: string): Promise<void> {
    if (this.#dead) return forever();
    this.#directories.delete(directory);
  }

  /** The process ends, and somebody deletes the index before the next one. */
  lost(): SimIndex {
    this.#dead = true;
    const seed = this.#random.below(2 ** 32);
    return new SimIndex({ seed, turnsMax: this.#turnsMax });
  }

  /** The power fails. Returns the index of the next process; this one never settles again. */
  crash(): SimIndex {
    this.#dead = true;
    for (const [batch, state] of this.#underWay) {
      if (this.#random.below(2) === 0) applyTo(state, batch);
    }
    const seed = this.#random.below(2 ** 32);
    const next = new SimIndex({ seed, turnsMax: this.#turnsMax });
    next.#directories = this.#directories;
    return next;
  }

  /** An index in the same state, batches under way included; later writes apart. */
  fork(seed: number): SimIndex {
    const copy = new SimIndex({ seed, turnsMax: this.#turnsMax });
    const copies = new Map<IndexState, IndexState>();
    for (const [directory, state] of this.#directories) {
      const { tag, entries, mark } = state;
      copies.set(state, { tag, entries: entries.copy(), mark });
      copy.#directories.set(directory, copies.get(state) as IndexState);
    }
    for (const [batch, state] of this.#underWay) {
      const forked = copies.get(state);
      if (forked !== undefined) copy.#underWay.set(batch, forked);
    }
    return copy;
  }

  /** Changes what is stored under one key, as rot would. */
  damage(change: (entry: Entry) => Entry | undefined): void {
    for (const state of this.#directories.values()) {
      for (const entry of state.entries.page({ limit: Number.MAX_SAFE_INTEGER })) {
        const changed = change(entry);
        if (changed === entry) continue;
        state.entries.set(entry.key, undefined);
        if (changed !== undefined) state.entries.set(changed.key, changed.value);
      }
    }
  }

  #handle(state: IndexState): OrderedIndex {
    const write = (batch: IndexBatch): Promise<void> => this.#write(state, batch);
    return {
      get mark() {
        return state.mark;
      },
      getSync: (key) => state.entries.get(key),
      write: (writes, mark) => write({ writes: [...writes], mark }),
      snapshot: () => snapshotOf(state.entries.copy()),
      close: async () => {},
    };
  }

  async #write(state: IndexState, batch: IndexBatch): Promise<void> {
    if (this.#dead) return forever();
    this.writeCount++;
    this.#underWay.set(batch, state);
    const fails = this.failWrite?.() ?? false;
    for (let turns = this.#random.below(this.#turnsMax + 1); turns > 0; turns--) await undefined;
    if (this.#dead) return forever();
    this.#underWay.delete(batch);
    if (!fails || this.#random.below(2) === 0) applyTo(state, batch);
    if (fails) throw Object.assign(new Error("EIO: simulated, index write"), { code: "EIO" });
  }
}

function applyTo(state: IndexState, batch: IndexBatch): void {
  for (const { key, value } of batch.writes) state.entries.set(key, value);
  if (batch.mark !== undefined) state.mark = batch.mark;
}

function snapshotOf(entries: SortedBytes): IndexSnapshot {
  return {
    getSync: (key) => entries.get(key),
    page: async (page: RangePage) => entries.page(page),
    close: () => {},
  };
}

function forever(): Promise<never> {
  return new Promise(() => {});
}
