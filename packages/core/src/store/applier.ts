import type { Memtables } from "../index/memtables.ts";
import { OP_DELETE, OP_DROP } from "../log/record.ts";
import type { Mutation } from "../log/record.ts";
import type { Lsn, Position } from "../store-api.ts";
import { SYSTEM_SPACE } from "./key-spaces.ts";
import type { KeySpaces } from "./key-spaces.ts";

/** A mutation under its full key. */
export interface KeyedMutation extends Mutation {
  readonly full: string;
}

/** Where a mutation's value came to lie. */
export interface Placement {
  readonly lsn: Lsn;
  readonly position: Position;
  readonly check: bigint;
  /** No reader asks for anything older than the newest version at or below this LSN. */
  readonly floor: Lsn;
}

/** Brings a batch's effects into memory: the same for a new commit and for a replayed one. */
export class Applier {
  readonly #memtables: Memtables;
  readonly #spaces: KeySpaces;

  constructor(memtables: Memtables, spaces: KeySpaces) {
    this.#memtables = memtables;
    this.#spaces = spaces;
  }

  /**
   * Adds a version. A value that its key space keeps in the index is copied; a longer one is read
   * from the log, or from what is about to be written to it.
   */
  apply(mutation: KeyedMutation, placement: Placement): void {
    const { op, space, value } = mutation;
    const { lsn, position, check, floor } = placement;
    if (op === OP_DROP) return;
    const deleted = op === OP_DELETE;
    if (space === SYSTEM_SPACE) this.#spaces.follow(mutation.key, deleted ? undefined : value);
    const { length } = value;
    const known = this.#spaces.find(space);
    const kept = !deleted && known !== undefined && length <= known.indexedValueBytes;
    const version = { lsn, deleted, value: kept ? value : undefined, position, length, check };
    // Whatever retention has to write down on the way to the index must still be there.
    const keeps = this.#spaces.keepsHistory && this.#spaces.historyFrom(space) !== undefined;
    this.#memtables.active.put(mutation.full, version, keeps ? KEEP_ALL : floor);
  }
}

const KEEP_ALL: Lsn = 0;
