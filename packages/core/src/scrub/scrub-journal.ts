import { SCRUB_NOTE_BYTES } from "../constants.ts";
import { encodeKey } from "../index/key.ts";
import type { Store } from "../store-api.ts";
import { SYSTEM_SPACE } from "../store/key-spaces.ts";
import { packValue, unpackValue } from "../value.ts";
import type { ScrubPosition } from "./scrub-pass.ts";

const KEY: Uint8Array = encodeKey("scrub");

export type JournalStore = Pick<Store, "get" | "transact">;

/** The last whole pass. */
export interface ScrubOutcome {
  /** Milliseconds since 1970 UTC, real time. */
  readonly finishedAtMs: number;
  readonly problems: number;
  readonly repaired: number;
}

/** What a store knows of its scrubs. */
interface ScrubNotes {
  readonly last?: ScrubOutcome | undefined;
  /** Where the pass that was broken off goes on. */
  readonly position?: ScrubPosition | undefined;
}

/** Remembers in the store how far a scrub has come, so that a restart does not begin anew. */
export class ScrubJournal {
  readonly #store: () => JournalStore;
  #notes: ScrubNotes | undefined;
  #notedBytes = 0;

  constructor(store: () => JournalStore) {
    this.#store = store;
  }

  async read(): Promise<ScrubNotes> {
    if (this.#notes === undefined) {
      const value = await this.#store().get(SYSTEM_SPACE, KEY);
      this.#notes ??= value === undefined ? {} : unpackValue<ScrubNotes>(value);
    }
    return this.#notes;
  }

  /** Now and then: what a restart would read once more is no loss. */
  async moved(position: ScrubPosition, bytes: number): Promise<void> {
    const { last } = await this.read();
    this.#notes = { last, position };
    if (bytes - this.#notedBytes < SCRUB_NOTE_BYTES) return;
    this.#notedBytes = bytes;
    await this.#write();
  }

  async finished(last: ScrubOutcome): Promise<void> {
    this.#notes = { last };
    this.#notedBytes = 0;
    await this.#write();
  }

  /** A store that takes no writes is scrubbed all the same. */
  async #write(): Promise<void> {
    const value = packValue(this.#notes ?? {});
    await this.#store()
      .transact((tx) => tx.put(SYSTEM_SPACE, KEY, value))
      .catch(() => undefined);
  }
}
