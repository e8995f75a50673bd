import type { KeySpaceId } from "@firn/core";
import { tableError } from "../errors.ts";

/** An item, by its bytes. */
export interface ItemPlace {
  readonly table: { readonly space: KeySpaceId };
  readonly key: Uint8Array;
}

export const CONFLICT_MESSAGE = "Transaction is ongoing for the item";

/**
 * Which items are in a transaction: from its decision until it is durable. Others who want to write
 * them, or read them in a transaction, are told of the conflict, as DynamoDB does. Correctness does
 * not rest on this: the store serialises all of them anyway. In memory only: a transaction that is
 * not durable does not outlive the process.
 */
export class TransactionLocks {
  readonly #held = new Set<string>();

  isHeld(place: ItemPlace): boolean {
    return this.#held.size > 0 && this.#held.has(nameOf(place));
  }

  /** @throws FIRN_TABLE_TRANSACTION_CONFLICT. */
  checkFree(place: ItemPlace): void {
    if (!this.isHeld(place)) return;
    throw tableError("FIRN_TABLE_TRANSACTION_CONFLICT", CONFLICT_MESSAGE);
  }

  /** Holds all of them while `work` runs. Nobody else may hold any. */
  async hold<T>(places: readonly ItemPlace[], work: () => Promise<T>): Promise<T> {
    const names = places.map(nameOf);
    for (const name of names) this.#held.add(name);
    try {
      return await work();
    } finally {
      for (const name of names) this.#held.delete(name);
    }
  }
}

/** Text that tells an item from every other. */
export function nameOf({ table, key }: ItemPlace): string {
  return `${table.space}/${Buffer.from(key).toString("latin1")}`;
}
