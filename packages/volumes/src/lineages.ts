/** The lineages that are open in a store, each once, kept while somebody uses them. */
import type { KeySpaceId, Store } from "@firn/core";
import { IDLE_LINEAGES_MAX } from "./constants.ts";
import { Lineage } from "./lineage.ts";
import { readMembers } from "./members.ts";
import type { NodeBudget } from "./node-table.ts";

export interface LineageAddress {
  readonly space: KeySpaceId;
  readonly salt: number;
}

/** The right to use a lineage until `release`. */
export interface Lease {
  readonly lineage: Lineage;
  release(): void;
}

interface Slot {
  readonly lineage: Promise<Lineage>;
  users: number;
}

export class Lineages {
  readonly #store: Store;
  readonly #budget: NodeBudget;
  /** In the order of last use. */
  readonly #slots = new Map<KeySpaceId, Slot>();
  readonly #closing = new Map<KeySpaceId, Promise<void>>();
  /** Lineages that lost a member, to be stored without it: until then nothing of it is free. */
  readonly #shrunk = new Map<KeySpaceId, LineageAddress>();
  #shrinking: Promise<void> | undefined;
  #closed = false;

  constructor(store: Store, budget: NodeBudget) {
    this.#store = store;
    this.#budget = budget;
  }

  async acquire(address: LineageAddress): Promise<Lease> {
    const { space } = address;
    await this.#closing.get(space);
    const slot = this.#slots.get(space) ?? { lineage: this.#open(address), users: 0 };
    this.#slots.delete(space);
    this.#slots.set(space, slot);
    slot.users++;
    try {
      const lineage = await slot.lineage;
      return { lineage, release: once(() => this.#release(slot)) };
    } catch (error) {
      slot.users--;
      if (this.#slots.get(space) === slot) this.#slots.delete(space);
      throw error;
    }
  }

  /** Does something to a lineage that is open; one that is not learns it when it is opened. */
  async ifOpen(space: KeySpaceId, use: (lineage: Lineage) => void): Promise<void> {
    const lineage = await this.#slots.get(space)?.lineage;
    if (lineage !== undefined) use(lineage);
  }

  /**
   * The catalog has lost members: their versions go, or the whole lineage. The map is stored
   * without them in the background, which makes the room that only they took garbage.
   */
  async membersLeft(
    left: LineageAddress & { readonly versions: readonly number[]; readonly dropped: boolean },
  ): Promise<void> {
    const { space, salt } = left;
    // One that is not open learns it from its members when it is opened.
    const slot = this.#slots.get(space);
    if (left.dropped) {
      this.#slots.delete(space);
      this.#shrunk.delete(space);
      (await slot?.lineage)?.forget();
      return;
    }
    const lineage = await slot?.lineage;
    for (const version of left.versions) lineage?.remove(version);
    this.#shrunk.set(space, { space, salt });
    this.#shrinking ??= this.#shrink().finally(() => {
      this.#shrinking = undefined;
    });
  }

  /** Resolves when the maps of all lineages that lost members are stored. */
  async settled(): Promise<void> {
    while (this.#shrinking !== undefined) await this.#shrinking;
  }

  /** Stores the maps of all and forgets them. @throws the first error, after all were tried. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.settled();
    const saving = [...this.#slots.keys()].map((space) => this.#retire(space));
    const results = await Promise.allSettled([...saving, ...this.#closing.values()]);
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }

  /** One after the other: each may have to be opened. */
  async #shrink(): Promise<void> {
    for (const [space, address] of this.#shrunk) {
      this.#shrunk.delete(space);
      if (this.#closed) return;
      try {
        const lease = await this.acquire(address);
        await lease.lineage.save().finally(() => lease.release());
      } catch {
        // It was dropped meanwhile, or the store failed: the next opening does the same again.
      }
    }
  }

  #open(address: LineageAddress): Promise<Lineage> {
    const { space, salt } = address;
    return readMembers(this.#store, space).then((members) =>
      Lineage.open(this.#store, { space, salt, budget: this.#budget, members }),
    );
  }

  #release(slot: Slot): void {
    slot.users--;
    if (this.#slots.size <= IDLE_LINEAGES_MAX) return;
    for (const [space, { users }] of this.#slots) {
      if (users > 0) continue;
      // What could not be stored now is replayed from the log at the next opening.
      this.#retire(space).catch(() => undefined);
      return;
    }
  }

  async #retire(space: KeySpaceId): Promise<void> {
    const slot = this.#slots.get(space);
    if (slot === undefined) return;
    this.#slots.delete(space);
    const closing = slot.lineage
      .then((lineage) => lineage.save().finally(() => lineage.forget()))
      .finally(() => this.#closing.delete(space));
    this.#closing.set(
      space,
      closing.catch(() => undefined),
    );
    await closing;
  }
}

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    action();
  };
}
