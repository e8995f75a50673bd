/**
 * What the core promises, in maps. Every batch and every stream record is an entry of one list, in
 * the order in which they were issued, which is the order of their LSNs. An entry is acknowledged
 * when the store says so; after a crash the store must be in the state behind some prefix of the
 * list that holds every acknowledged entry: so committed entries survive, a batch is there wholly
 * or not at all, and buffered records are lost only as a suffix.
 *
 * Bytes are strings here (one character a byte), so that states can be compared and printed.
 */
import { applyTo, lineOf, sameState } from "./core-state.ts";
import type { CoreEffect, CoreState } from "./core-state.ts";
import { difference } from "./difference.ts";

/** A batch or a stream record that was issued. */
export interface CoreEntry extends Issued {
  readonly effects: readonly CoreEffect[];
  /** The store did not take it. */
  refused: boolean;
}

export interface Issued {
  readonly lsn: number;
  /** Commit time. */
  readonly time: number;
}

export class CoreModel {
  /** The state that the store was last opened with. */
  #base: CoreState = new Map();
  #entries: CoreEntry[] = [];
  /** What came before it, since the store was made. */
  #past: readonly CoreEntry[] = [];
  /** How many of the entries are acknowledged: always a prefix. */
  #acknowledged = 0;
  #newest: CoreState | undefined;
  #spaces = new Set<number>();
  #streams = new Set<number>();
  #blobs = new Set<string>();
  /** What an engine no longer needs of its records is gone, or as it was. */
  #unneeded = new Map<string, number>();

  /** Every key space that was ever issued, for whoever reads a store wholly. */
  get spaces(): ReadonlySet<number> {
    return this.#spaces;
  }

  /** Every key space that ever got a record of a stream. */
  get streams(): ReadonlySet<number> {
    return this.#streams;
  }

  /** Every blob that was ever issued. */
  get blobs(): ReadonlySet<string> {
    return this.#blobs;
  }

  /** What this model allows now, for a copy of the machine; what is issued later is apart. */
  fork(): CoreModel {
    const copy = new CoreModel();
    copy.#base = this.#base;
    copy.#entries = [...this.#entries];
    copy.#acknowledged = this.#acknowledged;
    copy.#past = this.#past;
    copy.#unneeded = new Map(this.#unneeded);
    // More names to look for do no harm.
    copy.#spaces = this.#spaces;
    copy.#streams = this.#streams;
    copy.#blobs = this.#blobs;
    return copy;
  }

  /** Entries issued so far, for `acknowledgeUpTo` and `values`. */
  get issued(): number {
    return this.#folded + this.#entries.length;
  }

  get acknowledged(): number {
    return this.#folded + this.#acknowledged;
  }

  /** Entries that are in the base. */
  get #folded(): number {
    return this.#past.length;
  }

  /** Every entry since the store was made, in the order of LSNs; the first ones are durable. */
  get entries(): readonly CoreEntry[] {
    return [...this.#past, ...this.#entries];
  }

  /** A batch has been decided, behind everything issued before. */
  issue(effects: readonly CoreEffect[], { lsn, time }: Issued): CoreEntry {
    for (const effect of effects) {
      if (effect.kind === "create") this.#spaces.add(effect.space);
      if (effect.kind === "append") this.#streams.add(effect.space);
      if (effect.kind === "attach") this.#blobs.add(effect.blob);
    }
    const entry = { lsn, time, effects: [...effects], refused: false };
    this.#entries.push(entry);
    if (this.#newest !== undefined) applyTo(this.#newest, effects);
    return entry;
  }

  /** The store did not take the entry: it must never be seen. */
  refuse(entry: CoreEntry): void {
    entry.refused = true;
    this.#entries = this.#entries.filter((other) => other !== entry);
    this.#newest = undefined;
  }

  /** The entry is durable, and by the order of the log everything before it. */
  acknowledge(entry: CoreEntry): void {
    const at = this.#entries.indexOf(entry);
    if (at >= 0) this.acknowledgeUpTo(this.#folded + at + 1);
  }

  /** The first `count` entries are durable. */
  acknowledgeUpTo(count: number): void {
    this.#acknowledged = Math.max(this.#acknowledged, count - this.#folded);
  }

  /** The newest state, pending entries included. Not to be changed. */
  newest(): CoreState {
    if (this.#newest === undefined) {
      this.#newest = new Map(this.#base);
      for (const { effects } of this.#entries) applyTo(this.#newest, effects);
    }
    return this.#newest;
  }

  /** An engine needs no more than the first bytes of a record that is durable. */
  forget(line: string, neededBytes: number): void {
    this.#unneeded.set(line, Math.min(neededBytes, this.#unneeded.get(line) ?? Infinity));
  }

  /** How many bytes of a stream's record are needed. */
  needed(line: string): number {
    return this.#unneeded.get(line) ?? Infinity;
  }

  /** Does a store that holds `found` hold what it should? */
  matches(state: CoreState, found: CoreState): boolean {
    return sameState(state, found, this.#unneeded);
  }

  /** How many entries must be durable before an answer that depends on the line may be given. */
  countBehind(line: string): number {
    const last = this.#entries.findLastIndex(({ effects }) =>
      effects.some((effect) => lineOf(effect) === line),
    );
    return this.#folded + last + 1;
  }

  /**
   * The states that a reader may have seen who began when `from` entries were acknowledged and has
   * ended now; oldest first. One map that changes from state to state.
   */
  *states(from: number = this.acknowledged): Generator<CoreState> {
    const state = new Map(this.#base);
    for (let count = this.#folded; ; count++) {
      if (count >= from) yield state;
      const entry = this.#entries[count - this.#folded];
      if (entry === undefined) return;
      applyTo(state, entry.effects);
    }
  }

  /** As of an LSN: what a view at it shows of key spaces that keep history. */
  stateAt(lsn: number): CoreState {
    const state: CoreState = new Map();
    for (const entry of this.entries) if (entry.lsn <= lsn) applyTo(state, entry.effects);
    return state;
  }

  /** The values that one line had in these states. */
  values(line: string, from: number): Set<string | undefined> {
    const values = new Set<string | undefined>();
    for (const state of this.states(from)) values.add(state.get(line));
    return values;
  }

  /**
   * The store was opened again and holds `found`. Goes on from the prefix that explains it, or
   * returns why none does.
   */
  recover(found: CoreState): string | undefined {
    let count = this.acknowledged;
    for (const state of this.states()) {
      if (this.matches(state, found)) {
        this.#base = new Map(state);
        this.#past = this.entries.slice(0, count);
        this.#acknowledged = 0;
        this.#entries = [];
        this.#newest = undefined;
        return undefined;
      }
      count++;
    }
    return this.#explain(found);
  }

  #explain(found: CoreState): string {
    const lines = [
      `no prefix of what was issued explains the store: ` +
        `${this.acknowledged} acknowledged, ${this.issued} issued`,
    ];
    let count = this.acknowledged;
    for (const state of this.states()) {
      lines.push(`  against the first ${count}: ${difference(state, found, this.#unneeded)}`);
      count++;
    }
    return lines.join("\n");
  }
}
