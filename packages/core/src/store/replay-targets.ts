import { Memtables } from "../index/memtables.ts";
import type { OrderedIndex } from "../index/ordered-index.ts";
import type { RecordIdentity } from "../log/record.ts";
import type { Lsn } from "../store-api.ts";
import { Applier } from "./applier.ts";
import { Flusher } from "./flusher.ts";
import { HistoryWriter } from "./history-writer.ts";
import { KeySpaces } from "./key-spaces.ts";
import type { OpenContext } from "./open-context.ts";
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
  { limits, realTime }: Pick<OpenContext, "limits" | "realTime">,
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
    clock: realTime,
    reopen: () => filled.reopen(),
    durableLsn: () => durable.lsn,
    retryMs: limits.flushRetryMs,
  });
  const applier = new Applier(memtables, spaces);
  return { memtables, spaces, pins, applier, flusher, tails: new StreamTails(), durable };
}
