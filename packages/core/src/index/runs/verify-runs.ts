import { FirnError } from "../../errors.ts";
import type { IndexFault, IndexReading } from "../ordered-index.ts";
import { BlockCache } from "./block-cache.ts";
import { RunFile } from "./run-file.ts";
import { readRunsState, runName, runSeed } from "./runs-manifest.ts";
import type { RunsHome } from "./runs-manifest.ts";

/** Read at a time. */
const STEP_BYTES: number = 256 * 1024;

/**
 * Reads every byte of every live run, whether or not somebody has the index open. A run that a
 * merge takes away meanwhile is no fault: what took its place was just written.
 */
export async function verifyRuns(home: RunsHome, reading: IndexReading): Promise<IndexFault[]> {
  const state = await readRunsState(home);
  if (state === undefined) {
    // No index at all is one that the next open makes.
    if ((await home.fileSystem.list(home.directory)).length === 0) return [];
    return [{ file: `${home.directory}/runs`, offset: 0, what: "which runs there are" }];
  }
  const faults: IndexFault[] = [];
  for (const id of state.levels.flat()) {
    const fault = await verifyRun(home, { tag: state.tag, id }, reading);
    if (fault !== undefined) faults.push(fault);
  }
  return faults;
}

async function verifyRun(
  home: RunsHome,
  { tag, id }: { readonly tag: string; readonly id: number },
  reading: IndexReading,
): Promise<IndexFault | undefined> {
  const { fileSystem, hasher, directory } = home;
  const file = `${directory}/${runName(id)}`;
  const handle = await fileSystem.open(file, { create: false }).catch(() => undefined);
  if (handle === undefined) return stillNamed(home, id, file);
  const identity = { hasher, seed: runSeed(hasher, tag, id) };
  try {
    const run = await RunFile.open({ id, handle, identity, cache: new BlockCache(0) });
    for (let at = 0; at < run.blocks;) {
      await reading.take(STEP_BYTES);
      at += (await run.blocksFrom(at, STEP_BYTES)).length;
      await reading.slice();
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof FirnError) || error.kind !== "corruption") throw error;
    const { offset } = error.detail as { readonly offset?: number };
    return { file, offset: offset ?? 0, what: error.message };
  } finally {
    await handle.close();
  }
}

async function stillNamed(
  home: RunsHome,
  id: number,
  file: string,
): Promise<IndexFault | undefined> {
  const state = await readRunsState(home);
  const named = state?.levels.flat().includes(id) ?? false;
  return named ? { file, offset: 0, what: "the run is missing" } : undefined;
}
