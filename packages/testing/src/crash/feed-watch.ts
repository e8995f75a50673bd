import type { Change, ChangeFeed } from "@firn/core";
import type { CoreEntry, CoreModel } from "../model/core-model.ts";
import { latin1 } from "./read-core.ts";

export interface FeedWatchOptions {
  readonly feed: ChangeFeed;
  readonly from: number;
  readonly model: CoreModel;
  /** The process has ended. */
  readonly isOff: () => boolean;
  readonly report: (violation: string) => void;
  readonly onError: (error: unknown) => void;
}

/** Key spaces below are the core's own. */
const FIRST_SPACE = 16;

/**
 * Follows a feed for as long as its store lives: each change must be one that was committed, whole,
 * and none that is durable may be passed over.
 */
export class FeedWatch {
  /** Resolves when the feed has ended, well or not. */
  readonly ended: Promise<void>;
  readonly #options: FeedWatchOptions;
  /** Everything before it was shown. */
  #next: number;
  #isOver = false;
  #moved: () => void = () => {};

  constructor(options: FeedWatchOptions) {
    this.#options = options;
    this.#next = options.from;
    this.ended = this.#run()
      .catch(options.onError)
      .finally(() => {
        this.#isOver = true;
        this.#moved();
      });
  }

  /** Resolves when it has shown all that is durable now. */
  async caughtUp(): Promise<void> {
    const last = this.#durable().findLast((entry) => changeText(entry) !== "");
    while (!this.#isOver && last !== undefined && last.lsn >= this.#next) {
      await new Promise<void>((resolve) => {
        this.#moved = resolve;
      });
    }
  }

  async #run(): Promise<void> {
    const { feed, isOff } = this.#options;
    for await (const change of feed) {
      if (isOff()) return;
      this.#show(change);
      this.#moved();
    }
  }

  #show(change: Change): void {
    const { lsn } = change;
    const { model, report } = this.#options;
    const shown = textOf(change);
    if (lsn < this.#next) report(`a feed shows ${lsn} after ${this.#next - 1}`);
    const skipped = this.#durable().find(
      (entry) => entry.lsn >= this.#next && entry.lsn < lsn && changeText(entry) !== "",
    );
    if (skipped !== undefined) report(`a feed passes over the change of ${skipped.lsn}`);
    this.#next = lsn + 1;
    // What the core writes for itself, no history knows.
    if (shown === "") return;
    const entry = model.entries.find((one) => one.lsn === lsn && changeText(one) === shown);
    if (entry === undefined) report(`a feed shows at ${lsn} what nobody wrote: ${shown}`);
    else model.acknowledge(entry);
  }

  #durable(): CoreEntry[] {
    const { entries, acknowledged } = this.#options.model;
    return entries.slice(0, acknowledged);
  }
}

/** A change as a line, own keys of the core aside. */
function textOf({ writes, drops }: Change): string {
  const lines = new Map<string, string>();
  for (const { space, key, value } of writes) {
    if (space < FIRST_SPACE) continue;
    lines.set(`${space} ${latin1(key)}`, value === undefined ? "-" : `=${latin1(value)}`);
  }
  return textWithout(drops, lines);
}

/** What a feed shows of an entry of the model. */
function changeText({ effects }: CoreEntry): string {
  const lines = new Map<string, string>();
  const drops: number[] = [];
  for (const effect of effects) {
    if (effect.kind === "put") lines.set(`${effect.space} ${effect.key}`, `=${effect.value}`);
    if (effect.kind === "delete") lines.set(`${effect.space} ${effect.key}`, "-");
    if (effect.kind === "drop") drops.push(effect.space);
  }
  return textWithout(drops, lines);
}

/** Of a key space that ends with its batch no write counts. */
function textWithout(drops: readonly number[], lines: ReadonlyMap<string, string>): string {
  const kept = [...lines].filter(([key]) => !drops.includes(Number(key.split(" ", 1)[0])));
  const text = kept.map(([key, value]) => `${key}${value}`).sort();
  return [...text, ...drops.map((space) => `${space} ends`).sort()].join("; ");
}
