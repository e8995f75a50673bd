import type { Memtables } from "../index/memtables.ts";
import type { OrderedIndex } from "../index/ordered-index.ts";
import type { CommitQueue } from "../log/commit-queue.ts";
import { pause } from "../platform/clock.ts";
import type { StreamOwner } from "../store-api.ts";
import type { LogStore } from "../store.ts";
import { Compactor } from "./compactor.ts";
import type { History } from "./history.ts";
import type { KeySpaces } from "./key-spaces.ts";
import { Liveness } from "./liveness.ts";
import type { OpenContext } from "./open-context.ts";
import type { Pins } from "./pins.ts";
import type { ReaderPins } from "./reader-pins.ts";
import type { SpaceBudget } from "./space-budget.ts";

/** What compaction asks of the store that it works in. */
export interface CompactorParts extends Pick<
  OpenContext,
  "home" | "commitFiles" | "limits" | "compacts" | "realTime"
> {
  readonly memtables: Memtables;
  readonly spaces: KeySpaces;
  readonly history: History;
  readonly pins: Pins;
  readonly queue: CommitQueue;
  readonly readers: ReaderPins;
  readonly budget: SpaceBudget;
  readonly index: () => OrderedIndex;
  readonly store: () => LogStore;
}

/** The compactor of the log, and where the owner of the streams registers. */
export function assembleCompactor(parts: CompactorParts): {
  readonly compactor: Compactor;
  readonly streams: { owner?: StreamOwner | undefined };
  /** What a writer waits for before it makes more garbage; `undefined`: nothing. */
  readonly throttle: () => Promise<void> | undefined;
} {
  const { memtables, spaces, history, pins, queue, readers, budget, index, store, home, limits } =
    parts;
  const { identity } = home;
  const streams: { owner?: StreamOwner | undefined } = {};
  const durableLsn = (): number => queue.durableLsn;
  const compactor = new Compactor({
    home,
    files: parts.commitFiles,
    liveness: new Liveness({ memtables, spaces, history, index, identity, durableLsn }),
    budget,
    streamOwner: () => streams.owner,
    streamTail: (space) => store().streamTail(space),
    index,
    queue,
    pins,
    readers,
    segmentBytes: limits.segmentBytes,
    reserve: home.reserve,
    onIndexDamaged: (what) => void store().care.indexDamaged(what),
    auto: parts.compacts,
  });
  let last = { madeAtMs: -Infinity, wait: Promise.resolve() };
  const throttle = (): Promise<void> | undefined => {
    const { delayMs } = compactor;
    // Without a limit compaction keeps up, and a simulation has no time to wait.
    if (delayMs < 1 || limits.backgroundBytesPerSecond === Infinity) return undefined;
    // Writers resume together, a thousand at a time: one timer is enough for those of one moment.
    const madeAtMs = parts.realTime.monotonicMs();
    if (madeAtMs - last.madeAtMs >= 1) last = { madeAtMs, wait: pause(parts.realTime, delayMs) };
    return last.wait;
  };
  return { compactor, streams, throttle };
}
