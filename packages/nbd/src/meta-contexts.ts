/**
 * What block status can be asked for: `base:allocation`, and for a volume `firn:changed-since:` and
 * the id of a snapshot of it, which tells what reads otherwise now.
 */
import type { Volume, Volumes } from "@firn/volumes";
import { FirnError } from "@firn/core";
import { CONTEXTS_MAX, CONTEXTS_LISTED_MAX } from "./constants.ts";
import { openExport, volumeOfExport } from "./exports.ts";
import { Allocation, Change } from "./protocol.ts";

export const ALLOCATION = "base:allocation";
const CHANGED_SINCE = "firn:changed-since:";

/** A run of bytes and its flags in one context. */
export interface StatusExtent {
  readonly length: number;
  readonly flags: number;
}

export interface StatusRange {
  readonly offset: number;
  readonly length: number;
  /** Extents at the most. */
  readonly limit: number;
}

/** A context that was chosen for a connection. */
export interface MetaContext {
  /** Names it in answers; from 1 on. */
  readonly id: number;
  readonly name: string;
  status(volume: Volume, range: StatusRange): Promise<StatusExtent[]>;
  close(): Promise<void>;
}

/** Names that the queries of a client ask for, of what the export of that id has. */
export async function matchContexts(
  volumes: Volumes,
  id: string,
  { queries, lists }: { readonly queries: readonly string[]; readonly lists: boolean },
): Promise<string[]> {
  const all = lists && queries.length === 0;
  const names = new Set<string>();
  for (const query of all ? ["base:", "firn:"] : queries) {
    if (query === ALLOCATION || (lists && query === "base:")) names.add(ALLOCATION);
    else if (lists && (query === "firn:" || query === CHANGED_SINCE)) {
      for (const snapshotId of await snapshotsOf(volumes, id))
        names.add(CHANGED_SINCE + snapshotId);
    } else if (query.startsWith(CHANGED_SINCE)) {
      const snapshotId = query.slice(CHANGED_SINCE.length);
      if (await isComparable(volumes, id, snapshotId)) names.add(query);
    }
  }
  return [...names].slice(0, lists ? CONTEXTS_LISTED_MAX : CONTEXTS_MAX);
}

/** Opens the contexts of these names, in their order. */
export async function openContexts(
  volumes: Volumes,
  names: readonly string[],
): Promise<MetaContext[]> {
  const contexts: MetaContext[] = [];
  for (const name of names) {
    const id = contexts.length + 1;
    if (name === ALLOCATION) contexts.push(allocation(id));
    else contexts.push(await changedSince(volumes, id, name));
  }
  return contexts;
}

function allocation(id: number): MetaContext {
  return {
    id,
    name: ALLOCATION,
    async status(volume, { offset, length, limit }) {
      const extents = await volume.extents(offset, length, { limit });
      return extents.map(({ length: bytes, kind }) => ({ length: bytes, flags: flagsOf(kind) }));
    },
    close: () => Promise.resolve(),
  };
}

function flagsOf(kind: "data" | "zero" | "hole"): number {
  if (kind === "hole") return Allocation.hole | Allocation.zero;
  return kind === "zero" ? Allocation.zero : 0;
}

async function changedSince(volumes: Volumes, id: number, name: string): Promise<MetaContext> {
  const snapshotId = name.slice(CHANGED_SINCE.length);
  const snapshot = await volumes.openSnapshot({ snapshotId });
  return {
    id,
    name,
    async status(volume, range) {
      const extents = await volume.changedSince(snapshot, range);
      return extents.map(({ length, changed }) => ({ length, flags: changed ? Change.dirty : 0 }));
    },
    close: () => snapshot.close(),
  };
}

async function snapshotsOf(volumes: Volumes, id: string): Promise<string[]> {
  const volumeId = volumeOfExport(id);
  const ids: string[] = [];
  for await (const snapshot of volumes.describeSnapshots()) {
    if (snapshot.volumeId !== volumeId || snapshot.state !== "completed") continue;
    ids.push(snapshot.snapshotId);
    if (ids.length === CONTEXTS_LISTED_MAX) break;
  }
  return ids;
}

/** Whether the two have blocks to compare: they come from one volume. */
async function isComparable(volumes: Volumes, id: string, snapshotId: string): Promise<boolean> {
  try {
    const snapshot = await volumes.openSnapshot({ snapshotId });
    try {
      const open = (await openExport(volumes, id))?.volume;
      if (open === undefined) return false;
      try {
        await open.changedSince(snapshot, { offset: 0, length: 1 });
      } finally {
        await open.close();
      }
    } finally {
      await snapshot.close();
    }
    return true;
  } catch (error) {
    if (error instanceof FirnError && REFUSED.includes(error.kind)) return false;
    throw error;
  }
}

const REFUSED: readonly string[] = ["invalid", "notFound", "conflict"];
