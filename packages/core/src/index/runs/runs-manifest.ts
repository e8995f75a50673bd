import type { Hasher } from "../../hasher.ts";
import type { FileSystem } from "../../platform/file-system.ts";
import type { IndexMark } from "../ordered-index.ts";

const FILE = "runs";
const MAGIC = "FIRN-RUNS";

/** Which runs are live, newest first in each level; a run of a lower level is newer. */
export interface RunsState {
  readonly tag: string;
  readonly mark?: IndexMark | undefined;
  readonly nextId: number;
  readonly levels: readonly (readonly number[])[];
}

export interface RunsHome {
  readonly fileSystem: FileSystem;
  readonly hasher: Hasher;
  readonly directory: string;
}

export function runName(id: number): string {
  return `${String(id).padStart(10, "0")}.run`;
}

/** Seeds the checks of a run: bytes of another store, format or run do not verify. */
export function runSeed(hasher: Hasher, tag: string, id: number): bigint {
  return hasher.hash(Buffer.from(`${tag}/${id}`), 0n);
}

/**
 * The state on disk, or `undefined` when there is none or it is damaged: the index is rebuilt then.
 */
export async function readRunsState(home: RunsHome): Promise<RunsState | undefined> {
  const { fileSystem, directory } = home;
  if (!(await fileSystem.list(directory)).includes(FILE)) return undefined;
  const text = Buffer.from(await fileSystem.readFile(`${directory}/${FILE}`));
  const newline = text.indexOf(10);
  const body = text.subarray(newline + 1);
  const head = text.subarray(0, Math.max(0, newline)).toString("latin1");
  return head === headOf(body, home) ? (JSON.parse(body.toString()) as RunsState) : undefined;
}

/** Replaces the state as a whole; durable when it resolves. */
export async function writeRunsState(home: RunsHome, state: RunsState): Promise<void> {
  const { fileSystem, directory } = home;
  const body = Buffer.from(JSON.stringify(state));
  const beside = `${directory}/${FILE}.new`;
  await fileSystem.remove(beside);
  const handle = await fileSystem.open(beside, { create: true });
  try {
    await handle.write([Buffer.from(`${headOf(body, home)}\n`), body], 0);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await fileSystem.rename(beside, `${directory}/${FILE}`);
  await fileSystem.syncDirectory(directory);
}

function headOf(body: Uint8Array, { hasher }: RunsHome): string {
  return `${MAGIC} 1 ${hasher.hash(body, 0n).toString(16).padStart(16, "0")}`;
}
