/** A head that starts as a snapshot, for a volume or for an upload that builds on it. */
import type { SnapshotRecord } from "./catalog.ts";
import { snapshotNotFound, type EngineContext } from "./engine-context.ts";
import { SMALL_ROOM } from "./lineage.ts";

export interface Named<T> {
  readonly value: T;
  /** False when nothing in the catalog names the head, so that it goes again. */
  readonly named: boolean;
}

/**
 * Makes the head and has `name` enter it into the catalog, in one transaction of its own.
 * @throws FIRN_SNAPSHOT_NOT_FOUND and what `name` throws; the head is gone then.
 */
export async function cloneHead<T>(
  context: EngineContext,
  source: SnapshotRecord,
  name: (head: number) => Promise<Named<T>>,
): Promise<T> {
  const lease = await context.lineages.acquire(source);
  try {
    const { lineage } = lease;
    const room = await lineage.room(SMALL_ROOM);
    const from = lineage.versions.get(source.version);
    if (from === undefined || from.hidden) {
      room.release();
      throw snapshotNotFound(source.snapshotId);
    }
    const head = lineage.clone(room, from).number;
    let named: Named<T> | undefined;
    try {
      named = await name(head);
      return named.value;
    } finally {
      if (named?.named !== true) lineage.remove(head);
    }
  } finally {
    lease.release();
  }
}
