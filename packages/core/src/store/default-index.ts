import type { Hasher } from "../hasher.ts";
import { levelIndex } from "../index/level-index.ts";
import type { IndexFactory } from "../index/ordered-index.ts";
import { runsIndex } from "../index/runs/runs-index.ts";
import type { FileSystem } from "../platform/file-system.ts";
import { RealClock } from "../platform/clocks.ts";
import { NodeFileSystem } from "../platform/node-file-system.ts";
import { makeWorkerPool } from "../platform/node-worker-pool.ts";
import type { WorkerPool } from "../platform/worker-pool.ts";

/** A file that every LevelDB has, and no set of runs. */
const LEVEL_FILE = "CURRENT";

export interface IndexPlace {
  /** The index's folder. */
  readonly directory: string;
  readonly fileSystem: FileSystem;
  readonly hasher: Hasher;
  /** False for throw-away stores. */
  readonly sync: boolean;
}

/**
 * The index that a store has when nobody says otherwise: sorted runs, and `level` where one is
 * there already (docs/decisions/0002).
 */
export async function defaultIndex(place: IndexPlace): Promise<IndexFactory> {
  const { directory, fileSystem, hasher, sync } = place;
  const names = await fileSystem.list(directory);
  if (names.includes(LEVEL_FILE)) return levelIndex;
  // Threads have the real disk and no other.
  if (!(fileSystem instanceof NodeFileSystem)) return runsIndex({ fileSystem, hasher });
  const makePool = (): WorkerPool => makeWorkerPool({ sync, hasher });
  return runsIndex({ fileSystem, hasher, makePool, clock: new RealClock() });
}
