import type { ObjectStore } from "@firn/objects";

/**
 * The object store as one account in one region sees it. Requests come one after the other from the
 * same, as a rule: the last one is kept.
 */
export class ScopedStores {
  readonly #objects: ObjectStore;
  #accountId = "";
  #region = "";
  #scoped: ObjectStore | undefined;

  constructor(objects: ObjectStore) {
    this.#objects = objects;
  }

  of(accountId: string, region: string): ObjectStore {
    const present = this.#scoped;
    if (present !== undefined && this.#accountId === accountId && this.#region === region) {
      return present;
    }
    const scoped = this.#objects.in({ accountId, region });
    this.#accountId = accountId;
    this.#region = region;
    this.#scoped = scoped;
    return scoped;
  }
}
