import type { Lsn, Pin } from "@firn/core";

interface Known {
  readonly lsn: Lsn | undefined;
  /** What a call whose answer never came may have made of it. */
  readonly maybe: readonly (Lsn | undefined)[];
}

const NONE: Known = { lsn: undefined, maybe: [] };

/**
 * The pins that a store must have: of each name the one that was acknowledged last, or what a later
 * call, cut off by a crash, asked for.
 */
export class CommittedPins {
  #known = new Map<string, Known>();

  fork(): CommittedPins {
    const copy = new CommittedPins();
    copy.#known = new Map(this.#known);
    return copy;
  }

  /** Before the call; `undefined` takes the pin away. */
  attempt(name: string, lsn: Lsn | undefined): void {
    const known = this.#known.get(name) ?? NONE;
    this.#known.set(name, { ...known, maybe: [...known.maybe, lsn] });
  }

  acknowledge(name: string, lsn: Lsn | undefined): void {
    this.#known.set(name, { lsn, maybe: [] });
  }

  /** The last call did nothing. */
  refuse(name: string): void {
    const known = this.#known.get(name) ?? NONE;
    this.#known.set(name, { ...known, maybe: known.maybe.slice(0, -1) });
  }

  /** Is the log whole from there on, whatever the calls under way have come to? */
  holds(lsn: Lsn): boolean {
    for (const known of this.#known.values()) {
      const may = [known.lsn, ...known.maybe];
      if (may.every((one) => one !== undefined && one <= lsn)) return true;
    }
    return false;
  }

  /** The lowest LSN from which on the log is whole, if any is pinned. */
  lowest(): Lsn | undefined {
    const pinned = [...this.#known.values()].flatMap(({ lsn }) => lsn ?? []);
    return pinned.sort((a, b) => a - b).find((lsn) => this.holds(lsn));
  }

  /** The store was opened again and has these; goes on from them, or returns what is wrong. */
  recover(pins: readonly Pin[]): string | undefined {
    const found = new Map(pins.map(({ name, lsn }) => [name, lsn]));
    for (const name of new Set([...this.#known.keys(), ...found.keys()])) {
      const { lsn, maybe } = this.#known.get(name) ?? NONE;
      const have = found.get(name);
      if (![lsn, ...maybe].includes(have)) {
        return `pin ${name} is at ${have}, acknowledged was ${lsn}, asked for ${maybe.join()}`;
      }
      this.#known.set(name, { lsn: have, maybe: [] });
    }
    return undefined;
  }
}
