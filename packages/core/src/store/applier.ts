import type { Memtables } from "../index/memtables.ts";
import type { HeldBytes, Version } from "../index/memtable.ts";
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
export interface Placement extends HeldBytes {
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
   * Adds a version. A value that its key space keeps in the index is copied; of a longer one the
   * given memory is held, for as long as it is not readable from the log.
   */
  apply(mutation: KeyedMutation, placement: Placement): Version | undefined {
    const { op, space, value } = mutation;
    const { lsn, position, check, floor } = placement;
    if (op === OP_DROP) return undefined;
    const deleted = op === OP_DELETE;
    if (space === SYSTEM_SPACE) this.#spaces.follow(mutation.key, deleted ? undefined : value);
    const memtable = this.#memtables.active;
    const { length } = value;
    const known = this.#spaces.find(space);
    const kept = known !== undefined && length <= known.indexedValueBytes;
    const { held, heldAt } = deleted ? NOTHING : kept ? memtable.keep(value) : placement;
    const version = { lsn, deleted, held, heldAt, position, length, check, previous: undefined };
    // Whatever retention has to write down on the way to the index must still be there.
    const keeps = this.#spaces.keepsHistory && this.#spaces.historyFrom(space) !== undefined;
    memtable.put(mutation.full, version, keeps ? KEEP_ALL : floor);
    return version;
  }
}

const KEEP_ALL: Lsn = 0;
const NOTHING = { held: undefined, heldAt: 0 } as const;
