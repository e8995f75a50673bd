import type { Memtables } from "../index/memtables.ts";
import { fullKey } from "../index/memtable.ts";
import type { Version } from "../index/memtable.ts";
import { OP_DELETE, OP_DROP } from "../log/record.ts";
import type { Mutation } from "../log/record.ts";
import type { Lsn, Position } from "../store-api.ts";
import { SYSTEM_SPACE } from "./key-spaces.ts";
import type { KeySpaces } from "./key-spaces.ts";

/** A mutation with the place of its value in the log. */
export interface PlacedMutation extends Mutation {
  readonly position: Position;
  readonly check: bigint;
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
   * Adds a version. A value that its key space keeps in the index is copied; a longer one is held as
   * it was given, for as long as it is not readable from the log.
   */
  apply(mutation: PlacedMutation, lsn: Lsn, floor: Lsn): Version | undefined {
    const { op, space, key, value, position, check } = mutation;
    if (op === OP_DROP) return undefined;
    const deleted = op === OP_DELETE;
    if (space === SYSTEM_SPACE) this.#spaces.follow(key, deleted ? undefined : value);
    const memtable = this.#memtables.active;
    const kept =
      this.#spaces.has(space) && value.length <= this.#spaces.get(space).indexedValueBytes;
    const version: Version = {
      lsn,
      deleted,
      value: deleted ? undefined : kept ? memtable.keep(value) : value,
      position,
      length: value.length,
      check,
      previous: undefined,
    };
    memtable.put(fullKey(space, key), version, floor);
    return version;
  }
}
