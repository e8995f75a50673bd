/**
 * Firn's own index: sorted runs. A batch becomes one run; eight runs of a level are merged into one
 * of the next, in the background. Threads write and merge runs; gets and short ranges need none.
 * All files go through the FileSystem port, and every block is verified when it is read.
 *
 * A run exists when the state names it: the file is synced and its directory too before the state
 * is replaced. Files that the state does not name are removed at open.
 */
import { INDEX_BATCH_KEYS } from "../../constants.ts";
import { asBuffer } from "../../log/bytes.ts";
import type { Hasher } from "../../hasher.ts";
import type { Clock } from "../../platform/clock.ts";
import type { FileSystem } from "../../platform/file-system.ts";
import { InlineWorkerPool } from "../../platform/inline-worker-pool.ts";
import { turn } from "../../platform/macrotask.ts";
import { ReadPace } from "../../platform/read-pace.ts";
import type { WorkerPool, WorkerTask } from "../../platform/worker-pool.ts";
import type { RecordIdentity } from "../../log/record.ts";
import type {
  FlatMemtable,
  IndexFactory,
  IndexMark,
  IndexSnapshot,
  IndexWrite,
  OnRuns,
  OrderedIndex,
} from "../ordered-index.ts";
import { BlockCache } from "./block-cache.ts";
import { FAN, chooseMerge } from "./choose-merge.ts";
import type { MergeChoice } from "./choose-merge.ts";
import { encodeEntries } from "./flat-entries.ts";
import { RunFile } from "./run-file.ts";
import { buildFromMemtableTask, buildRunTask, mergeRunsTask } from "./run-tasks.ts";
import type { RunPlace } from "./run-tasks.ts";
import { RunsSnapshot, lookUp } from "./runs-snapshot.ts";
import { readRunsState, runName, runSeed, writeRunsState } from "./runs-manifest.ts";
import type { RunsHome, RunsState } from "./runs-manifest.ts";
import { verifyRuns } from "./verify-runs.ts";

/**
 * Runs of the first level at which a batch waits for the merge: bounds what a get looks through.
 */
const FIRST_LEVEL_RUNS_MAX = 2 * FAN;
const CACHE_BYTES: number = 16 * 1024 * 1024;
/** A smaller batch is written before a thread would have taken it. */
const HERE_KEYS_MAX = 2048;

export interface RunsIndexOptions {
  readonly fileSystem: FileSystem;
  readonly hasher: Hasher;
  /** Verified blocks kept in memory, in bytes. Default 16 MiB. */
  readonly cacheBytes?: number | undefined;
  /** Makes the threads that write runs; default: the caller's own. */
  readonly makePool?: (() => WorkerPool) | undefined;
  /** Tells how long reads take; without it a thread reads what ranges find in no cache. */
  readonly clock?: Clock | undefined;
}

export function runsIndex(options: RunsIndexOptions): IndexFactory {
  const { fileSystem, hasher, clock } = options;
  const makePool = options.makePool ?? (() => new InlineWorkerPool({ fileSystem, hasher }));
  const cacheBytes = options.cacheBytes ?? CACHE_BYTES;
  return {
    open: (directory, tag) =>
      RunsIndex.open({ fileSystem, hasher, directory }, { tag, cacheBytes, makePool, clock }),
    destroy: (directory, of) => of.remove(directory),
    verifyFiles: (directory, reading) => verifyRuns({ fileSystem, hasher, directory }, reading),
  };
}

interface Opening {
  readonly tag: string;
  readonly cacheBytes: number;
  readonly makePool: () => WorkerPool;
  readonly clock: Clock | undefined;
}

class RunsIndex implements OrderedIndex {
  readonly #home: RunsHome;
  readonly #cache: BlockCache;
  /** Batches do not queue behind a merge: that would hold up whoever writes to the store. */
  readonly #builders: WorkerPool;
  readonly #mergers: WorkerPool;
  /** Nor do merges of the first level, for which batches wait, queue behind those of others. */
  readonly #deepMergers: WorkerPool;
  readonly #pace: ReadPace | undefined;
  #state: RunsState;
  /** As in the state: levels of runs, newest first. */
  #levels: RunFile[][] = [];
  /** All of them: every get asks for it. */
  #newestFirst: readonly RunFile[] = [];
  #changing: Promise<void> = Promise.resolve();
  /** By level. */
  readonly #merging = new Map<number, Promise<void>>();
  readonly #mergeFailures = new Map<number, unknown>();
  #closed = false;

  private constructor(home: RunsHome, state: RunsState, opening: Opening) {
    this.#home = home;
    this.#state = state;
    this.#cache = new BlockCache(opening.cacheBytes);
    this.#builders = opening.makePool();
    this.#mergers = opening.makePool();
    this.#deepMergers = opening.makePool();
    this.#pace = opening.clock && new ReadPace(opening.clock);
  }

  static async open(home: RunsHome, opening: Opening): Promise<RunsIndex> {
    const { tag } = opening;
    await home.fileSystem.makeDirectory(home.directory);
    const found = await readRunsState(home);
    const fresh: RunsState = { tag, nextId: 1, levels: [] };
    const state = found?.tag === tag ? found : fresh;
    const index = new RunsIndex(home, state, opening);
    try {
      await index.#adopt(state === fresh);
      return index;
    } catch (error) {
      await index.close();
      throw error;
    }
  }

  get mark(): IndexMark | undefined {
    return this.#state.mark;
  }

  getSync(key: Uint8Array): Uint8Array | undefined {
    return lookUp(this.#newestFirst, asBuffer(key), this.#home.hasher);
  }

  async write(writes: Iterable<IndexWrite>, mark?: IndexMark): Promise<void> {
    await this.#roomInFirstLevel();
    const entries = sorted(await collect(writes));
    if (entries.length === 0 && mark === undefined) return;
    await this.#publish(entries.length === 0 ? undefined : await this.#build(entries), mark);
  }

  async writeMemtable(
    { image }: FlatMemtable,
    identity: RecordIdentity,
    mark: IndexMark,
  ): Promise<void> {
    await this.#roomInFirstLevel();
    const { directory } = this.#home;
    const input = { directory, into: this.#place(this.#takeId()), image, storeSeed: identity.seed };
    const { keys } = image;
    const run = keys === 0 ? undefined : await this.#built(buildFromMemtableTask, input, { keys });
    await this.#publish(run, mark);
  }

  async #publish(run: RunFile | undefined, mark: IndexMark | undefined): Promise<void> {
    try {
      await this.#change((state) => {
        const [first = [], ...deeper] = this.#levels;
        const levels = run === undefined ? this.#levels : [[run, ...first], ...deeper];
        return { levels, state: { ...state, mark: mark ?? state.mark } };
      });
    } catch (error) {
      // Its file stays: the state on the disk may name it.
      await run?.close();
      throw error;
    }
    this.#mergeWhatIsDue();
  }

  snapshot(): IndexSnapshot {
    return new RunsSnapshot(this.#newestFirst, this.#home.hasher);
  }

  async inThread<Input, Output>(
    task: WorkerTask<OnRuns<Input>, Output>,
    input: Input,
  ): Promise<Output> {
    const snapshot = this.snapshot();
    try {
      const index = this.#newestFirst.map(({ id }) => this.#place(id));
      return await this.#deepMergers.run(task, { ...input, index });
    } finally {
      snapshot.close();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#merging.values());
    await this.#builders.close();
    await this.#mergers.close();
    await this.#deepMergers.close();
    await this.#changing;
    await Promise.all(this.#newestFirst.map((run) => run.close()));
    this.#setLevels([]);
  }

  #setLevels(levels: RunFile[][]): void {
    this.#levels = levels;
    this.#newestFirst = levels.flat();
  }

  async #adopt(fresh: boolean): Promise<void> {
    const { fileSystem, directory } = this.#home;
    if (fresh) await writeRunsState(this.#home, this.#state);
    const named = new Set(this.#state.levels.flat().map(runName));
    for (const name of await fileSystem.list(directory)) {
      if (name !== "runs" && !named.has(name)) await fileSystem.remove(`${directory}/${name}`);
    }
    // Each as soon as it is open, so that a failure closes what was opened before it.
    for (const [at, level] of this.#state.levels.entries()) {
      for (const id of level) {
        const run = await this.#openRun(id);
        this.#setLevels([...this.#levels.slice(0, at), [...(this.#levels[at] ?? []), run]]);
      }
      if (level.length === 0) this.#setLevels([...this.#levels, []]);
    }
  }

  async #openRun(id: number): Promise<RunFile> {
    const { hasher } = this.#home;
    const { path, seed } = this.#place(id);
    const handle = await this.#home.fileSystem.open(path, { create: false });
    try {
      const identity = { hasher, seed };
      const pace = this.#pace;
      return await RunFile.open({ id, handle, identity, cache: this.#cache, pace });
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Writes a run and opens it; nobody sees it before the state names it. */
  async #build(batch: readonly IndexWrite[]): Promise<RunFile> {
    const { directory } = this.#home;
    const entries = encodeEntries(batch);
    const input = { directory, into: this.#place(this.#takeId()), entries };
    return this.#built(buildRunTask, input, {
      keys: batch.length,
      transfer: [entries.bytes.buffer],
    });
  }

  async #built<Input extends { readonly into: RunPlace }>(
    task: WorkerTask<Input, void>,
    input: Input,
    { keys, transfer }: { readonly keys: number; readonly transfer?: readonly ArrayBuffer[] },
  ): Promise<RunFile> {
    const { fileSystem, hasher } = this.#home;
    if (keys <= HERE_KEYS_MAX) await task.run(input, { fileSystem, hasher });
    else await this.#builders.run(task, input, transfer);
    return this.#openRun(input.into.id);
  }

  #takeId(): number {
    const { nextId } = this.#state;
    this.#state = { ...this.#state, nextId: nextId + 1 };
    return nextId;
  }

  /** Replaces levels and state together; changes queue behind one another. */
  #change(
    change: (state: RunsState) => { readonly levels: RunFile[][]; readonly state: RunsState },
  ): Promise<void> {
    const apply = async (): Promise<void> => {
      const { levels, state } = change(this.#state);
      const ids = levels.map((level) => level.map(({ id }) => id));
      await writeRunsState(this.#home, { ...state, levels: ids });
      this.#setLevels(levels);
      this.#state = { ...this.#state, mark: state.mark, levels: ids };
    };
    const changed = this.#changing.then(apply);
    this.#changing = changed.catch(() => undefined);
    return changed;
  }

  async #roomInFirstLevel(): Promise<void> {
    while ((this.#levels[0]?.length ?? 0) >= FIRST_LEVEL_RUNS_MAX && !this.#closed) {
      this.#mergeWhatIsDue();
      await this.#merging.get(0);
      if (this.#mergeFailures.has(0)) throw this.#mergeFailures.get(0);
    }
  }

  #mergeWhatIsDue(): void {
    while (!this.#closed) {
      const choice = chooseMerge(this.#levels, (level) => this.#merging.has(level));
      if (choice === undefined) return;
      this.#startMerge(choice);
    }
  }

  #startMerge(choice: MergeChoice): void {
    const { level } = choice;
    this.#mergeFailures.delete(level);
    const merging = this.#merge(choice)
      .catch((error: unknown) => {
        this.#mergeFailures.set(level, error);
      })
      .finally(() => {
        this.#merging.delete(level);
        // What failed is tried again behind the next batch.
        if (!this.#mergeFailures.has(level)) this.#mergeWhatIsDue();
      });
    this.#merging.set(level, merging);
  }

  /** All runs that the level has now become one, which is older than what it gets meanwhile. */
  async #merge({ level, into: target, last }: MergeChoice): Promise<void> {
    const inputs = this.#levels[level] ?? [];
    const into = this.#place(this.#takeId());
    const from = inputs.map(({ id }) => this.#place(id));
    const { directory } = this.#home;
    const pool = level === 0 ? this.#mergers : this.#deepMergers;
    await pool.run(mergeRunsTask, { directory, into, from, last });
    const merged = await this.#openRun(into.id);
    await this.#change((state) => {
      const levels = this.#levels.map((runs) => runs.filter((run) => !inputs.includes(run)));
      const there = levels[target] ?? [];
      levels[target] = target === level ? [...there, merged] : [merged, ...there];
      return { levels, state };
    });
    for (const run of inputs) run.whenUnused(() => void this.#discard(run));
  }

  async #discard(run: RunFile): Promise<void> {
    await run.close();
    await this.#home.fileSystem.remove(this.#path(run.id));
  }

  #path(id: number): string {
    return `${this.#home.directory}/${runName(id)}`;
  }

  #place(id: number): RunPlace {
    const { hasher } = this.#home;
    return { id, path: this.#path(id), seed: runSeed(hasher, this.#state.tag, id) };
  }
}

async function collect(writes: Iterable<IndexWrite>): Promise<IndexWrite[]> {
  const entries: IndexWrite[] = [];
  for (const write of writes) {
    entries.push(write);
    if (entries.length % INDEX_BATCH_KEYS === 0) await turn();
  }
  return entries;
}

/** In order of keys; of several writes of one key the last. */
function sorted(batch: IndexWrite[]): IndexWrite[] {
  const inOrder = batch.every(
    ({ key }, at) => at === 0 || Buffer.compare((batch[at - 1] as IndexWrite).key, key) < 0,
  );
  if (inOrder) return batch;
  const stable = [...batch].sort((a, b) => Buffer.compare(a.key, b.key));
  return stable.filter(({ key }, at) => {
    const next = stable[at + 1];
    return next === undefined || Buffer.compare(next.key, key) !== 0;
  });
}
