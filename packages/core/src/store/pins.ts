import { PINS_MAX, PIN_NAME_BYTES_MAX } from "../constants.ts";
import { coreError } from "../errors.ts";
import { encodeKey } from "../index/key.ts";
import type { Lsn, Pin, Store } from "../store-api.ts";
import { packValue, unpackValue } from "../value.ts";
import { SYSTEM_SPACE } from "./key-spaces.ts";

/** Where nobody holds anything back. */
const NOTHING_PINNED: Lsn = Number.MAX_SAFE_INTEGER;

/** Who reads the log from an LSN on, while the store is open. */
export interface LsnHold {
  lsn: Lsn;
  release(): void;
}

interface PinRecord {
  readonly lsn: Lsn;
  readonly time: number;
}

/**
 * From which LSN on the log must stay whole: the lowest of the named pins (durable) and of the
 * holds (of this process). Compaction may thin what lies below, and says so first: `mayThin` and
 * `hold` decide in one step, so that no segment is thinned whose records were promised to somebody.
 */
export class Pins {
  readonly #named = new Map<string, Pin>();
  readonly #holds = new Set<LsnHold>();
  #thinnedLsn: Lsn = 0;

  /** Every record from here on is in the log as it was written. */
  get wholeFrom(): Lsn {
    return this.#thinnedLsn + 1;
  }

  /** The named ones, lowest LSN first. */
  get named(): readonly Pin[] {
    return [...this.#named.values()].sort((a, b) => a.lsn - b.lsn);
  }

  get(name: string): Pin | undefined {
    return this.#named.get(name);
  }

  /** No record at or above this LSN may be thinned. `MAX_SAFE_INTEGER` when nothing is pinned. */
  oldestPinnedLsn(): Lsn {
    let oldest = NOTHING_PINNED;
    for (const { lsn } of this.#named.values()) oldest = Math.min(oldest, lsn);
    for (const { lsn } of this.#holds) oldest = Math.min(oldest, lsn);
    return oldest;
  }

  /**
   * Asked by compaction before it begins with a segment whose last record is `lastLsn`. True: from
   * now on nobody can pin anything at or below it. False: somebody has.
   */
  mayThin(lastLsn: Lsn): boolean {
    if (lastLsn >= this.oldestPinnedLsn()) return false;
    this.thinned(lastLsn);
    return true;
  }

  /** What the manifest says was thinned already. */
  thinned(lastLsn: Lsn): void {
    this.#thinnedLsn = Math.max(this.#thinnedLsn, lastLsn);
  }

  /** Keeps the log whole from `lsn` on, for this process. @throws FIRN_CHANGES_GONE. */
  hold(lsn: Lsn): LsnHold {
    this.assertWhole(lsn);
    const hold: LsnHold = { lsn, release: () => this.#holds.delete(hold) };
    this.#holds.add(hold);
    return hold;
  }

  /** @throws FIRN_CHANGES_GONE. */
  assertWhole(lsn: Lsn): void {
    if (lsn >= this.wholeFrom) return;
    const { wholeFrom } = this;
    const message = `changes from LSN ${lsn} are no longer whole; the oldest that are: ${wholeFrom}`;
    throw coreError("FIRN_CHANGES_GONE", message, { detail: { lsn, oldestLsn: wholeFrom } });
  }

  /** Follows one pin of the system key space; without a value it was taken away. */
  follow(name: string, value: Uint8Array | undefined): void {
    if (value === undefined) this.#named.delete(name);
    else this.#named.set(name, { name, ...unpackValue<PinRecord>(value) });
  }

  /** Sets a pin, or moves it: what it held back stays until that is committed. */
  async set(store: Pick<Store, "transact">, name: string, lsn: Lsn): Promise<void> {
    assertName(name);
    const hold = this.hold(Math.min(lsn, this.#named.get(name)?.lsn ?? lsn));
    try {
      await store.transact((tx) => {
        if (!this.#named.has(name)) this.#assertRoom();
        const record: PinRecord = { lsn, time: tx.now };
        tx.put(SYSTEM_SPACE, pinKey(name), packValue(record));
      });
    } finally {
      hold.release();
    }
  }

  async clear(store: Pick<Store, "transact">, name: string): Promise<void> {
    const pinned = this.#named.get(name);
    if (pinned === undefined) return;
    const hold = this.hold(pinned.lsn);
    try {
      await store.transact((tx) => {
        if (this.#named.has(name)) tx.delete(SYSTEM_SPACE, pinKey(name));
      });
    } finally {
      hold.release();
    }
  }

  #assertRoom(): void {
    if (this.#named.size < PINS_MAX) return;
    const detail = { limit: PINS_MAX };
    throw coreError("FIRN_PINS_EXHAUSTED", `a store has at most ${PINS_MAX} pins`, { detail });
  }
}

export function pinKey(name: string): Uint8Array {
  return encodeKey("pin", name);
}

function assertName(name: string): void {
  const bytes = Buffer.byteLength(name);
  if (bytes >= 1 && bytes <= PIN_NAME_BYTES_MAX) return;
  throw coreError("FIRN_PIN_NAME", `a pin's name has 1 to ${PIN_NAME_BYTES_MAX} bytes`, {
    detail: { bytes },
  });
}
