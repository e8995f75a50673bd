import type { ChangeFeed, Store } from "@firn/core";
import type { CoreModel } from "../model/core-model.ts";
import type { CommittedPins } from "../model/committed-pins.ts";
import { streamLine } from "../model/core-state.ts";
import { FeedWatch } from "./feed-watch.ts";
import { asOfFault } from "./as-of.ts";
import { codeOf } from "./read-core.ts";
import { pick } from "./transaction-run.ts";
import type { CoreOperation } from "./core-operation.ts";

/** What the actions of a history on other times than now are. */
export type TimeAction = Extract<
  CoreOperation,
  { readonly kind: "viewAt" | "feed" | "pin" | "unpin" | "forget" }
>;

export interface TimeActionsHome {
  readonly store: Store;
  readonly model: CoreModel;
  readonly pins: CommittedPins;
  readonly report: (violation: string) => void;
  /** The process has ended. */
  readonly isOff: () => boolean;
  /** A feed was ended by this. */
  readonly onFeedError: (error: unknown) => void;
}

/** Records that an engine no longer needs are among the last so many. */
const FORGET_AMONG = 40;

/** Views of the past, feeds, pins, and what the owner of a stream lets go. */
export class TimeActions {
  readonly #home: TimeActionsHome;
  readonly #watches = new Set<FeedWatch>();
  /** A pin is moved by one call at a time, so that it is known what it may be. */
  readonly #moving = new Set<string>();

  constructor(home: TimeActionsHome) {
    this.#home = home;
    const { store, model } = home;
    store.ownStreams({
      liveness: async (space, { lsn, body }) => {
        const needed = model.needed(streamLine(space, lsn));
        if (needed >= body.length) return "all";
        return needed === 0 ? [] : [{ start: 0, end: needed }];
      },
    });
  }

  async do(action: TimeAction): Promise<void> {
    switch (action.kind) {
      case "viewAt":
        return this.#viewAt(this.#lsnOf(action.back));
      case "feed":
        return this.#openFeed(this.#fromOf(action.back));
      case "pin":
        return this.#pin(`pin ${action.name}`, this.#lsnOf(action.back));
      case "unpin":
        return this.#pin(`pin ${action.name}`, undefined);
      case "forget":
        return this.#forget(action.record, action.neededBytes);
    }
  }

  /** Every feed has shown what is durable. */
  async caughtUp(): Promise<void> {
    for (const watch of this.#watches) await watch.caughtUp();
  }

  /** Feeds end with their store. */
  async ended(): Promise<void> {
    for (const watch of this.#watches) await watch.ended;
  }

  /** Of an entry so far behind the newest: durable, or not yet. */
  #lsnOf(back: number): number {
    const { entries } = this.#home.model;
    return entries.at(-1 - (back % Math.max(1, entries.length)))?.lsn ?? 1;
  }

  /** As `#lsnOf`; or, seldom, from where the log must be whole. */
  #fromOf(back: number): number {
    const pinned = this.#home.pins.lowest();
    return back > 6 && pinned !== undefined ? pinned : this.#lsnOf(back);
  }

  async #viewAt(lsn: number): Promise<void> {
    const { store, model, report } = this.#home;
    const fault = await asOfFault({ store, model, pins: this.#home.pins }, lsn);
    if (fault !== undefined && !this.#home.isOff()) report(fault);
  }

  /** Nobody waits for its end here: it goes on while the store does. */
  #openFeed(from: number): void {
    const { store, model, pins, report, isOff, onFeedError: onError } = this.#home;
    let feed: ChangeFeed;
    try {
      feed = store.changes(from);
    } catch (error) {
      if (codeOf(error) !== "FIRN_CHANGES_GONE") throw error;
      if (pins.holds(from)) report(`changes from ${from} are gone, although a pin holds them`);
      return;
    }
    this.#watches.add(new FeedWatch({ feed, from, model, isOff, report, onError }));
  }

  async #pin(name: string, lsn: number | undefined): Promise<void> {
    const { store, pins, isOff } = this.#home;
    if (this.#moving.has(name)) return;
    this.#moving.add(name);
    pins.attempt(name, lsn);
    try {
      await (lsn === undefined ? store.unpin(name) : store.pin(name, lsn));
      if (!isOff()) pins.acknowledge(name, lsn);
    } catch (error) {
      if (codeOf(error) !== "FIRN_CHANGES_GONE") throw error;
      if (!isOff()) pins.refuse(name);
    } finally {
      this.#moving.delete(name);
    }
  }

  /** Of one of the newest durable records. */
  async #forget(record: number, neededBytes: number): Promise<void> {
    const { model } = this.#home;
    const durable = model.entries.slice(0, model.acknowledged).slice(-FORGET_AMONG);
    const lines = durable.flatMap(({ effects }) =>
      effects.flatMap((one) => (one.kind === "append" ? [streamLine(one.space, one.lsn)] : [])),
    );
    const line = pick(lines, record);
    if (line !== undefined) model.forget(line, neededBytes);
  }
}
