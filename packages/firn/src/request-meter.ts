import {
  RealClock,
  UsageTally,
  addUse,
  decodeKey,
  encodeKey,
  packValue,
  unpackValue,
} from "@firn/core";
import type { Clock, KeySpaceId, MonthlyUse, Store, UsageLine, UsedAmounts } from "@firn/core";
import type { AnyService, ServedRequest } from "@firn/gateway";
import { billedUses } from "./billed-requests.ts";

/** Milliseconds of real time between a request and its place on the disk, at the most. */
const FLUSH_MS = 10_000;
/** Accounts and regions that are told apart between two flushes; the rest counts as one. */
const OWNERS_MAX = 256;
const REST = { accountId: "000000000000", region: "other" };

interface Owner {
  readonly service: "s3" | "glacier";
  readonly accountId: string;
  readonly region: string;
}

interface Pending extends Owner {
  /** Of the first of them, on the store's clock: whose month they count in. */
  readonly at: number;
  readonly items: Map<string, { count: number; bytes: number }>;
}

/**
 * Counts requests of the HTTP API for bills, by account, region and class of the month. They are
 * added up in memory and written once in ten seconds and at the end: a crash forgets at most that.
 * A commit for each read would cost more than the read.
 */
export class RequestMeter {
  readonly #store: Store;
  readonly #space: KeySpaceId;
  readonly #clock: Clock;
  #pending = new Map<string, Pending>();
  #cancel: (() => void) | undefined;
  #writing: Promise<void> = Promise.resolve();

  private constructor(store: Store, space: KeySpaceId, clock: Clock) {
    this.#store = store;
    this.#space = space;
    this.#clock = clock;
  }

  /** `clock` is real time; a test brings its own. */
  static async open(store: Store, clock: Clock = new RealClock()): Promise<RequestMeter> {
    return new RequestMeter(store, await store.openKeySpace("billing"), clock);
  }

  /** The service, counted. */
  metered(service: AnyService): AnyService {
    const { name } = service;
    if (name !== "s3" && name !== "glacier") return service;
    return {
      ...service,
      served: (request) => {
        service.served?.(request);
        this.#note(name, request);
      },
    };
  }

  #note(service: Owner["service"], request: ServedRequest): void {
    const uses = billedUses(service, request);
    if (uses.length === 0) return;
    const { accountId = "" } = request.caller ?? {};
    const { items } = this.#pendingOf({ service, accountId, region: request.region ?? "" });
    for (const { item, bytes } of uses) {
      const known = items.get(item);
      if (known === undefined) items.set(item, { count: 1, bytes });
      else {
        known.count++;
        known.bytes += bytes;
      }
    }
    this.#cancel ??= this.#clock.schedule(FLUSH_MS, () => {
      // A full disk keeps counts in memory, until there is room.
      this.flush().catch(() => undefined);
    });
  }

  #pendingOf(owner: Owner): Pending {
    const key = `${owner.service} ${owner.accountId} ${owner.region}`;
    const known = this.#pending.get(key);
    if (known !== undefined) return known;
    const isRest = owner.region === REST.region;
    if (this.#pending.size >= OWNERS_MAX && !isRest) {
      return this.#pendingOf({ service: owner.service, ...REST });
    }
    const fresh = { ...owner, at: this.#store.clock.now(), items: new Map() };
    this.#pending.set(key, fresh);
    return fresh;
  }

  /** Resolves when all that was counted so far is durable. */
  flush(): Promise<void> {
    this.#writing = this.#writing.catch(() => undefined).then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    this.#cancel?.();
    this.#cancel = undefined;
    const taken = this.#pending;
    if (taken.size === 0) return;
    this.#pending = new Map();
    try {
      await this.#store.transact(
        (tx) => {
          for (const owner of taken.values()) {
            const key = keyOf(owner);
            const before = tx.get(this.#space, key);
            const added = Object.fromEntries(owner.items) as Record<string, Partial<UsedAmounts>>;
            const use = addUse(before && unpackValue<MonthlyUse>(before), owner.at, added);
            tx.put(this.#space, key, packValue(use));
          }
        },
        { reads: [...taken.values()].map((owner) => [this.#space, keyOf(owner)] as const) },
      );
    } catch (error) {
      this.#takeBack(taken);
      throw error;
    }
  }

  #takeBack(taken: ReadonlyMap<string, Pending>): void {
    for (const owner of taken.values()) {
      const { items } = this.#pendingOf(owner);
      for (const [item, { count, bytes }] of owner.items) {
        const known = items.get(item) ?? { count: 0, bytes: 0 };
        items.set(item, { count: known.count + count, bytes: known.bytes + bytes });
      }
    }
  }

  /** Requests of the month, those of the last seconds included. */
  async usage(month: string): Promise<UsageLine[]> {
    await this.flush().catch(() => undefined);
    const tally = new UsageTally();
    const view = this.#store.view();
    try {
      for await (const { key, value } of view.range(this.#space, {})) {
        tally.addUse(ownerOf(key), unpackValue<MonthlyUse>(value), month);
      }
    } finally {
      view.close();
    }
    return tally.lines();
  }

  /** Writes what is left. Idempotent. */
  async close(): Promise<void> {
    await this.flush().catch(() => undefined);
    this.#cancel?.();
  }
}

function keyOf({ service, accountId, region }: Owner): Uint8Array {
  return encodeKey(service, accountId, region);
}

function ownerOf(key: Uint8Array): Owner {
  const [service, accountId, region] = decodeKey(key, ["text", "text", "text"]) as string[];
  return { service, accountId, region } as Owner;
}
