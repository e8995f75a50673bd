/**
 * Writing a run, in whatever thread: from entries that another thread sends as one piece of memory,
 * or by merging runs. What a task has written is synced, and its name too, when it resolves.
 */
import type { FileHandle } from "../../platform/file-system.ts";
import type { WorkerHome, WorkerTask } from "../../platform/worker-pool.ts";
import { memtableWrites } from "../memtable-writes.ts";
import type { IndexWrite } from "../ordered-index.ts";
import type { MemtableImage } from "../version-data.ts";
import { BlockCache } from "./block-cache.ts";
import { decodeEntries } from "./flat-entries.ts";
import type { FlatEntries } from "./flat-entries.ts";
import { mergeRuns } from "./merge-runs.ts";
import { RunFile } from "./run-file.ts";
import { RunWriter } from "./run-writer.ts";

/** Entries decoded at a time. */
const PART_ENTRIES = 512;

/** A run by its file, and the seed of its checks. */
export interface RunPlace {
  readonly id: number;
  readonly path: string;
  readonly seed: bigint;
}

interface RunTarget {
  readonly directory: string;
  readonly into: RunPlace;
}

export interface BuildInput extends RunTarget {
  /** In order of keys, each key once. */
  readonly entries: FlatEntries;
}

export interface MergeInput extends RunTarget {
  /** Newest first. */
  readonly from: readonly RunPlace[];
  /** Nothing older lies below: deletions have done their work. */
  readonly last: boolean;
}

export const buildRunTask: WorkerTask<BuildInput, void> = {
  name: "build-run",
  run: (input, home) =>
    writeRun(home, input, {
      keysMax: input.entries.count,
      parts: partsOf(decodeEntries(input.entries)),
    }),
};

export interface MemtableInput extends RunTarget {
  readonly image: MemtableImage;
  /** The store's, for the checks of the entries. */
  readonly storeSeed: bigint;
}

export const buildFromMemtableTask: WorkerTask<MemtableInput, void> = {
  name: "build-run-from-memtable",
  run(input, home) {
    const { image, storeSeed } = input;
    const writes = memtableWrites(image, { hasher: home.hasher, seed: storeSeed });
    return writeRun(home, input, { keysMax: image.keys, parts: partsOf(writes) });
  },
};

export const mergeRunsTask: WorkerTask<MergeInput, void> = {
  name: "merge-runs",
  async run(input, home) {
    const { fileSystem, hasher } = home;
    const runs: RunFile[] = [];
    try {
      for (const { id, path, seed } of input.from) {
        const handle = await fileSystem.open(path, { create: false });
        const identity = { hasher, seed };
        // A merge reads past the cache, and all of it.
        const options = { id, handle, identity, cache: new BlockCache(0), scanned: true };
        runs.push(await openOrClose(options, handle));
      }
      const keysMax = runs.reduce((sum, { keys }) => sum + keys, 0);
      await writeRun(home, input, { keysMax, parts: mergeRuns(runs, input.last) });
    } finally {
      await Promise.all(runs.map((run) => run.close()));
    }
  },
};

async function openOrClose(
  options: Parameters<typeof RunFile.open>[0],
  handle: FileHandle,
): Promise<RunFile> {
  try {
    return await RunFile.open(options);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** A run that failed leaves no file behind. */
async function writeRun(
  { fileSystem, hasher }: WorkerHome,
  { directory, into }: RunTarget,
  source: {
    /** How many keys may come: what the filter is made for. */
    readonly keysMax: number;
    readonly parts: Iterable<readonly IndexWrite[]> | AsyncIterable<readonly IndexWrite[]>;
  },
): Promise<void> {
  const identity = { hasher, seed: into.seed };
  const handle = await fileSystem.open(into.path, { create: true });
  try {
    const writer = new RunWriter(handle, identity, source.keysMax);
    for await (const part of source.parts) await writer.addAll(part);
    await writer.finish();
    await fileSystem.syncDirectory(directory);
  } catch (error) {
    await handle.close();
    await fileSystem.remove(into.path);
    throw error;
  }
  await handle.close();
}

function* partsOf(entries: Iterable<IndexWrite>): Generator<readonly IndexWrite[]> {
  let part: IndexWrite[] = [];
  for (const entry of entries) {
    part.push(entry);
    if (part.length < PART_ENTRIES) continue;
    yield part;
    part = [];
  }
  yield part;
}
