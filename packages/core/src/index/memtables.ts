import type { Lsn, Position } from "../store-api.ts";
import { Memtable } from "./memtable.ts";
import type { Version } from "./memtable.ts";

/** A memtable that takes no more writes, and what the index will cover once it holds it. */
export interface SealedMemtable {
  readonly memtable: Memtable;
  readonly lsn: Lsn;
  /** Start of the group that holds that LSN. */
  readonly position: Position;
  readonly time: number;
}

/** The active memtable and the sealed ones that wait for the index. */
export class Memtables {
  readonly #salt: number;
  #active: Memtable;
  /** Oldest first: the order in which they are flushed. */
  #sealed: SealedMemtable[] = [];
  #newestFirst: readonly Memtable[];

  /** @param salt of the store's own: see `Memtable`. */
  constructor(salt: number = 0) {
    this.#salt = salt;
    this.#active = new Memtable(salt);
    this.#newestFirst = [this.#active];
  }

  get active(): Memtable {
    return this.#active;
  }

  get sealed(): readonly SealedMemtable[] {
    return this.#sealed;
  }

  /** Immutable: whoever keeps it sees the same memtables for ever. */
  get newestFirst(): readonly Memtable[] {
    return this.#newestFirst;
  }

  seal(mark: { readonly lsn: Lsn; readonly position: Position; readonly time: number }): void {
    this.#sealed.push({ memtable: this.#active, ...mark });
    // As large as the last one became: what it would take to grow there is spared.
    this.#active = new Memtable(this.#salt, this.#active.size);
    this.#refresh();
  }

  /** Lets the oldest sealed one go: the index holds it. */
  drop(): void {
    this.#sealed = this.#sealed.slice(1);
    this.#refresh();
  }

  /** The newest version at or below `lsn`. */
  get(key: string, lsn: Lsn): Version | undefined {
    return findVersion(this.#newestFirst, key, lsn);
  }

  #refresh(): void {
    const sealed = this.#sealed.map(({ memtable }) => memtable).reverse();
    this.#newestFirst = [this.#active, ...sealed];
  }
}

export function findVersion(
  newestFirst: readonly Memtable[],
  key: string,
  lsn: Lsn,
): Version | undefined {
  for (const memtable of newestFirst) {
    const version = memtable.get(key, lsn);
    if (version !== undefined) return version;
  }
  return undefined;
}
