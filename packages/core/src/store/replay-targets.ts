import { Memtables } from "../index/memtables.ts";
import type { OrderedIndex } from "../index/ordered-index.ts";
import type { RecordIdentity } from "../log/record.ts";
import { RealClock } from "../platform/clocks.ts";
import type { Lsn } from "../store-api.ts";
import { Applier } from "./applier.ts";
import { Flusher } from "./flusher.ts";
import { HistoryWriter } from "./history-writer.ts";
import { KeySpaces } from "./key-spaces.ts";
import { Pins } from "./pins.ts";
import { StreamTails } from "./stream-tails.ts";

/** The index that is filled. */
export interface FilledIndex {
  readonly index: OrderedIndex;
  reopen(): Promise<void>;
}

/** What a replay of the log fills: memory, and through the flusher an index. */
export interface ReplayTargets {
  readonly memtables: Memtables;
  readonly spaces: KeySpaces;
  readonly pins: Pins;
  readonly applier: Applier;
  readonly flusher: Flusher;
  readonly tails: StreamTails;
  readonly durable: { lsn: Lsn };
}

export function replayTargets(
  identity: RecordIdentity,
  filled: FilledIndex,
  retryMs: number,
): ReplayTargets {
  const memtables = new Memtables(Number(BigInt.asIntN(32, identity.seed)));
  const pins = new Pins();
  const spaces = new KeySpaces(pins);
  const durable: { lsn: Lsn } = { lsn: 0 };
  const index = (): OrderedIndex => filled.index;
  const flusher = new Flusher({
    memtables,
    identity,
    index,
    history: new HistoryWriter({ spaces, identity, index }),
    // Real time: a store on a manual clock must not wait for somebody to turn it.
    clock: new RealClock(),
    reopen: () => filled.reopen(),
    durableLsn: () => durable.lsn,
    retryMs,
  });
  const applier = new Applier(memtables, spaces);
  return { memtables, spaces, pins, applier, flusher, tails: new StreamTails(), durable };
}
