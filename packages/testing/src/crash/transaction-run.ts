import type { StagedBlob, Transaction } from "@firn/core";
import type { CoreModel } from "../model/core-model.ts";
import { applyTo, blobLine, blobsOf, keyLine, rangeOf, spacesOf } from "../model/core-state.ts";
import type { CoreEffect, CoreState } from "../model/core-state.ts";
import type { TransactionStep } from "./core-operation.ts";
import { latin1, latin1Bytes } from "./read-core.ts";

/** Written by every batch, in the first key space. */
export const MARKER_KEY = "marker";

export interface TransactionRunHome {
  readonly model: CoreModel;
  /** A value of `bytes` that no other write has. */
  readonly makeValue: (bytes: number) => string;
  readonly report: (violation: string) => void;
}

/** One run of a transaction's body: does the steps and checks each read against the model. */
export class TransactionRun {
  readonly effects: CoreEffect[] = [];
  /** Entries that must be durable before the answer: what was read came from them. */
  countBehind = 0;
  readonly now: number;
  /** What its batch gets, if it commits. */
  readonly lsn: number;
  readonly #tx: Transaction;
  readonly #home: TransactionRunHome;
  /** The newest state with this run's own writes. */
  readonly #state: CoreState;

  constructor(tx: Transaction, home: TransactionRunHome) {
    this.#tx = tx;
    this.now = tx.now;
    this.lsn = tx.lsn;
    this.#home = home;
    this.#state = new Map(home.model.newest());
  }

  do(step: TransactionStep): void {
    if (step.kind === "create") {
      const { indexedValueBytes, retentionMs: ms } = step;
      const retention = ms === undefined ? undefined : { ms };
      const space = this.#tx.createKeySpace({ indexedValueBytes, retention });
      this.#did({ kind: "create", space, ms });
      return;
    }
    if (step.kind === "retain" || step.kind === "release") return this.#count(step);
    const space = pick(spacesOf(this.#state), step.space);
    if (space === undefined) return;
    if (step.kind === "drop") return this.#drop(space);
    if (step.kind === "keep") return this.#keep(space, step.retentionMs);
    if (step.kind === "range") return this.#range(space, step);
    const key = keyName(step.key);
    if (step.kind === "get") return this.#get(space, key);
    if (step.kind === "put") return this.put(space, key, this.#home.makeValue(step.bytes));
    this.#tx.delete(space, latin1Bytes(key));
    this.#did({ kind: "delete", space, key });
  }

  put(space: number, key: string, value: string): void {
    this.#tx.put(space, latin1Bytes(key), latin1Bytes(value));
    this.#did({ kind: "put", space, key, value });
  }

  attach(staged: StagedBlob, bytes: string): void {
    this.#did({ kind: "attach", blob: this.#tx.attachBlob(staged), bytes });
  }

  /** Leaves a mark by which the next body knows that this batch was taken. */
  mark(value: string): void {
    const space = spacesOf(this.#state)[0];
    if (space !== undefined) this.put(space, MARKER_KEY, value);
  }

  #did(effect: CoreEffect): void {
    this.effects.push(effect);
    applyTo(this.#state, [effect]);
  }

  /** The first key space holds the stream and stays. */
  #drop(space: number): void {
    if (space === spacesOf(this.#state)[0]) return;
    if (this.effects.some((effect) => effect.kind === "create" && effect.space === space)) return;
    this.#tx.dropKeySpace(space);
    this.#did({ kind: "drop", space });
  }

  #keep(space: number, ms: number | undefined): void {
    this.#tx.setRetention(space, ms === undefined ? undefined : { ms });
    this.#did({ kind: "keep", space, ms });
  }

  #count(step: { readonly kind: "retain" | "release"; readonly blob: number }): void {
    const blob = pick(blobsOf(this.#state), step.blob);
    if (blob === undefined) return;
    this.#readLine(blobLine(blob));
    if (step.kind === "retain") this.#tx.retainBlob(blob);
    else this.#tx.releaseBlob(blob);
    this.#did({ kind: step.kind, blob });
  }

  #get(space: number, key: string): void {
    const line = keyLine(space, key);
    this.#readLine(line);
    const found = this.#tx.get(space, latin1Bytes(key));
    this.#compare(`get ${line}`, this.#state.get(line), found && latin1(found));
  }

  #range(space: number, step: TransactionStep & { readonly kind: "range" }): void {
    const { reverse, limit } = step;
    const [gte, lt] = [keyName(step.from), keyName(step.to)];
    const found = this.#tx
      .range(space, { gte: latin1Bytes(gte), lt: latin1Bytes(lt), reverse, limit })
      .map(({ key, value }) => `${latin1(key)}=${latin1(value)}`);
    const expected = rangeOf(this.#state, space, { gte, lt, reverse, limit });
    const lines = expected.map(([key, value]) => `${key}=${value}`);
    this.#compare(`range of ${space} from ${gte} to ${lt}`, lines.join(), found.join());
  }

  #readLine(line: string): void {
    this.countBehind = Math.max(this.countBehind, this.#home.model.countBehind(line));
  }

  #compare(what: string, expected: string | undefined, found: string | undefined): void {
    if (expected === found) return;
    this.#home.report(`${what} in a transaction: expected ${expected}, found ${found}`);
  }
}

export function keyName(key: number): string {
  return `k${key}`;
}

/** The one that a small number chooses. */
export function pick<T>(choices: readonly T[], number: number): T | undefined {
  return choices[number % Math.max(1, choices.length)];
}
