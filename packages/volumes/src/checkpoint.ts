/*
 * The durable image of a lineage's map.
 *
 * At one moment all nodes freeze: the versions, their roots, the next ids and the LSN of the last
 * record are the image, which covers the stream up to there. Later writes replace frozen nodes by
 * copies, as after a snapshot, so the image can be stored in small transactions while writes go on.
 * The root comes last, in one transaction with the removal of nodes that only the previous image
 * still named. A crash in between leaves the previous image whole, and nodes with ids that it has
 * not given out yet; the next opening takes those away.
 *
 * (Writing changed nodes over their old form failed: after a crash the previous root then led to
 * inner nodes that named children which replay was about to number differently.)
 */
import { encodeKey, packValue, unpackValue, type KeySpaceId, type Store } from "@firn/core";
import { CHECKPOINT_BATCH_BYTES, CHECKPOINT_DELETES_MAX } from "./constants.ts";
import type { MapNode } from "./map-node.ts";
import { encodeNode } from "./node-codec.ts";
import { nodeIdOf, nodeKey, nodeRange, type NodeTable } from "./node-table.ts";
import type { VersionRow, VersionTree } from "./version-tree.ts";

/** The root of a checkpoint, stored under `rootKey`. */
export interface CheckpointRoot {
  /** Every record of the stream up to this LSN is in the image. */
  readonly covered: number;
  readonly nextId: number;
  readonly nextNumber: number;
  readonly versions: readonly VersionRow[];
  /** Ids of nodes to be deleted that did not fit this checkpoint's transaction. */
  readonly freed: readonly number[];
  /** Heads that keep a history, and from which LSN on; absent in older images. */
  readonly wholeFrom?: readonly WholeFrom[] | undefined;
}

/** A head, and the LSN from which on compaction takes nothing of its records. */
export type WholeFrom = readonly [head: number, from: number];

export interface CheckpointSource {
  readonly store: Store;
  readonly space: KeySpaceId;
  readonly table: NodeTable;
  readonly versions: VersionTree;
  readonly wholeFrom: readonly WholeFrom[];
  readonly lastLsn: number;
}

const rootKey: Uint8Array = encodeKey("c");

/** Captures and stores the image. Resolves when its root is durable. */
export async function writeCheckpoint(source: CheckpointSource): Promise<void> {
  const { store, space, table, versions } = source;
  const changes = table.takeChanges();
  const image = {
    // Nothing of this stream lies between its last record and what else is durable by now.
    covered: Math.max(source.lastLsn, store.durableLsn),
    nextId: table.nextId,
    nextNumber: versions.nextNumber,
    versions: versions.rows(),
    ...(source.wholeFrom.length > 0 && { wholeFrom: source.wholeFrom }),
  };
  try {
    await storeNodes(source, changes.nodes);
    const deletes = changes.freed.slice(0, CHECKPOINT_DELETES_MAX);
    const freed = changes.freed.slice(CHECKPOINT_DELETES_MAX);
    const root = packValue({ ...image, freed } satisfies CheckpointRoot);
    await store.transact((tx) => {
      for (const id of deletes) tx.delete(space, nodeKey(id));
      tx.put(space, rootKey, root);
    });
    table.returnChanges({ nodes: [], freed });
  } catch (error) {
    table.returnChanges(changes);
    throw error;
  }
}

/** The newest image's root, or `undefined` when the lineage has none yet. */
export async function readCheckpoint(
  store: Store,
  space: KeySpaceId,
): Promise<CheckpointRoot | undefined> {
  const value = await readCheckpointBytes(store, space);
  return value === undefined ? undefined : parseCheckpoint(value);
}

/** The newest durable image's root as it is stored. */
export function readCheckpointBytes(
  store: Store,
  space: KeySpaceId,
): Promise<Uint8Array | undefined> {
  return store.get(space, rootKey);
}

export function parseCheckpoint(bytes: Uint8Array): CheckpointRoot {
  return unpackValue<CheckpointRoot>(bytes);
}

/** Ids of stored nodes that the image does not know: a checkpoint was cut short. */
export async function strayNodes(
  store: Store,
  space: KeySpaceId,
  nextId: number,
): Promise<number[]> {
  const view = store.view();
  try {
    const ids: number[] = [];
    for await (const { key } of view.range(space, nodeRange(nextId))) ids.push(nodeIdOf(key));
    return ids;
  } finally {
    view.close();
  }
}

async function storeNodes(source: CheckpointSource, nodes: readonly MapNode[]): Promise<void> {
  let batch: StoredNode[] = [];
  let bytes = 0;
  for (const node of nodes) {
    const value = encodeNode(node);
    batch.push({ node, value });
    bytes += value.length;
    if (bytes < CHECKPOINT_BATCH_BYTES) continue;
    await storeBatch(source, batch);
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) await storeBatch(source, batch);
}

interface StoredNode {
  readonly node: MapNode;
  readonly value: Uint8Array;
}

async function storeBatch(source: CheckpointSource, batch: readonly StoredNode[]): Promise<void> {
  const { store, space, table } = source;
  await store.transact((tx) => {
    for (const { node, value } of batch) tx.put(space, nodeKey(node.id), value);
  });
  for (const { node } of batch) table.markStored(node);
}
