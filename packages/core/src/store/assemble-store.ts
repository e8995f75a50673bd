import { StoreCare } from "../care/store-care.ts";
import { FirnError, coreError } from "../errors.ts";
import { CommitQueue } from "../log/commit-queue.ts";
import { asDiskFull } from "../log/create-segment.ts";
import type { LocalLog } from "../log/local-log.ts";
import type { RecordIdentity } from "../log/record.ts";
import { recoverLog } from "../log/recover-log.ts";
import type { LoggedRecord } from "../log/shard-log.ts";
import type { OrderedIndex } from "../index/ordered-index.ts";
import { indexDirectory } from "../log/manifest.ts";
import type { Manifest } from "../log/manifest.ts";
import type { Clock } from "../platform/clock.ts";
import type { KeySpaceId, Lsn, Position } from "../store-api.ts";
import { LogStore } from "../store.ts";
import type { StoreParts } from "./store-parts.ts";
import { assembleBlobs } from "./assemble-blobs.ts";
import { ChangeFeeds } from "./changes.ts";
import { assembleCompactor } from "./assemble-compactor.ts";
import { Committer } from "./committer.ts";
import { History } from "./history.ts";
import { IndexHolder } from "./index-holder.ts";
import type { KeySpaces } from "./key-spaces.ts";
import type { OpenContext } from "./open-context.ts";
import { QueuedLog } from "./queued-log.ts";
import { ReaderPins } from "./reader-pins.ts";
import { Replay, loadKeySpaces } from "./replay.ts";
import { replayTargets } from "./replay-targets.ts";
import type { ReplayTargets } from "./replay-targets.ts";
import { SpaceBudget } from "./space-budget.ts";
import { ValueReader } from "./value-reader.ts";

/** Builds the store over an opened directory: index, replay, queue. */
export async function assembleStore(context: OpenContext): Promise<LogStore> {
  const { home, directory } = context;
  const { fileSystem, storeId, manifest } = home;
  const place = { directory: indexDirectory(directory, manifest.state), storeId, fileSystem };
  const holder = await IndexHolder.open({ factory: context.index, ...place });
  try {
    return await assemble(context, holder);
  } catch (error) {
    await holder.close();
    await context.commitFiles.close();
    await context.extentFiles.close();
    throw error;
  }
}

async function assemble(context: OpenContext, holder: IndexHolder): Promise<LogStore> {
  const { home, limits, clock } = context;
  const { identity, random } = home;
  const { storeId: id } = home.manifest.state;
  const index = (): OrderedIndex => holder.index;
  const targets = replayTargets(identity, holder, context);
  const { memtables, spaces, pins, applier, tails, flusher, durable } = targets;
  const { log, lastLsn, lastTime, lastGroup } = await replayLog(context, holder, targets);
  // What was written before the store got its key is plain, and all of it lies below this.
  const sealing = await context.sealing.begin({ lsn: lastLsn + 1, position: log.head });
  const readers = new ReaderPins();
  const heads = {
    durableLsn: () => queue.durableLsn,
    lastLsn: () => queue.lastLsn,
    failure: () => queue.failure,
  };
  const feeds = new ChangeFeeds({ log, pins, readers, sealing, ...heads });
  const queue = new CommitQueue({
    log,
    lastLsn,
    queueBytesMax: limits.queueBytes,
    onDurable: (lsn) => {
      durable.lsn = lsn;
      store.published();
    },
    onFailed: () => feeds.wake(),
  });
  const queued = new QueuedLog(log, queue);
  const reading = { log: queued, identity, sealing, clock: context.realTime };
  const values = new ValueReader({ ...limits, ...reading });
  const history = new History({ spaces, identity, index, memtables, values, readers, ...heads });
  resumeClock(clock, lastTime);
  const shared = { queue, identity, memtables, tails, values };
  const newest = { lastTime, lastGroup };
  const committer = new Committer({ ...shared, ...newest, applier, clock, limits });
  const budget = new SpaceBudget({
    clock: context.realTime,
    bytesPerSecond: limits.backgroundBytesPerSecond,
    isBusy: () => queue.isBusy && !compactor.isUrgent,
  });
  const space = { queue, log, readers, history, budget, index, store: () => store };
  const bulk = await assembleBlobs({ context, sealing, ...space });
  const { compactor, streams, throttle } = assembleCompactor({ ...targets, ...context, ...space });
  const tended = { ...targets, ...space, ...bulk, context, holder, values, compactor };
  const care = new StoreCare({ ...tended, store: () => store });
  const release = (): Promise<void> =>
    doAll([
      () => bulk.settle(),
      () => readers.drain(),
      () => (queue.failure === undefined ? log.close() : log.abandon()),
      () => bulk.close(),
      () => holder.close(),
      () => context.lock.release(),
    ]);
  const own = { id, clock, random, sealing, log, committer, spaces, flusher, readers, pins, feeds };
  const kept = { history, nameHistory: namesHistory(home.manifest, history) };
  const parts = { ...shared, ...own, ...bulk, ...kept, compactor, budget, streams, throttle, care };
  const store: LogStore = new LogStore({ ...parts, index, release });
  flusher.onFlushed = () => compactor.poke();
  store.published();
  care.start();
  if (context.compacts) bulk.watch.start();
  return store;
}

function namesHistory(manifest: Manifest, history: History): StoreParts["nameHistory"] {
  const isKept = (space: KeySpaceId): boolean => history.durableFrom(space) !== undefined;
  return (spaces) =>
    manifest.nameHistory(spaces, isKept)?.catch((error: unknown) => {
      throw asDiskFull(error);
    });
}

/** A manual clock stands where the newest commit left it. */
function resumeClock(clock: Clock, lastTime: number): void {
  if (clock.mode.kind === "manual" && clock.now() < lastTime) clock.advance(lastTime - clock.now());
}

async function replayLog(
  context: OpenContext,
  holder: IndexHolder,
  targets: ReplayTargets,
): Promise<{ log: LocalLog; lastLsn: Lsn; lastTime: number; lastGroup: Position }> {
  const { home, limits } = context;
  targets.spaces.sealedBytes = context.sealing.overheadBytes;
  targets.spaces.assumeHistory(home.manifest.state.historySpaces ?? []);
  await loadOrRebuild(holder, targets.spaces, home.identity);
  const { mark } = holder.index;
  const replay = new Replay({
    ...targets,
    mark,
    limits,
    onReplayed: (lsn) => {
      targets.durable.lsn = lsn;
    },
  });
  const visit = (records: readonly LoggedRecord[]): Promise<void> => replay.visit(records);
  const { log, lastLsn } = await recoverLog(home, context.commitFiles, {
    from: mark,
    visit,
  }).catch(async (error: unknown) => {
    await targets.flusher.finish();
    throw error;
  });
  if (mark !== undefined && lastLsn < mark.lsn) throw logBehindIndex(lastLsn, mark.lsn);
  targets.durable.lsn = lastLsn;
  targets.spaces.assumeHistory([]);
  const { thinned } = home.manifest.state;
  targets.pins.thinned(thinned?.lsn ?? 0);
  const lastTime = Math.max(replay.lastTime, thinned?.timeMs ?? 0);
  const { lastGroup } = replay;
  return { log, lastLsn, lastTime, lastGroup };
}

/** One after the other, whether or not they fail; then throws what failed first. */
async function doAll(steps: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const step of steps) await step().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

/** An index whose own entries are damaged is worth no more than one that is missing. */
async function loadOrRebuild(
  holder: IndexHolder,
  spaces: KeySpaces,
  identity: RecordIdentity,
): Promise<void> {
  try {
    await loadKeySpaces(holder.index, spaces, identity);
  } catch (error) {
    if (!(error instanceof FirnError) || error.kind !== "corruption") throw error;
    await holder.rebuild();
  }
}

function logBehindIndex(lastLsn: Lsn, markLsn: Lsn): Error {
  const message =
    `the index was told that LSN ${markLsn} is durable, but the log ends at ${lastLsn}: ` +
    "log files are missing or cut; restore them, or delete the index directory to go on without";
  return coreError("FIRN_STORE_DAMAGED", message, { detail: { lastLsn, markLsn } });
}
