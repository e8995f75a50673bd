/*
 * The durable image of a lineage's map.
 *
 * What changed is captured at one moment, together with the versions, the next ids and the LSN of
 * the last record: the image covers the stream up to there. Nodes are then encoded and committed
 * in small transactions while writes go on, so a node may hold writes that came after the covered
 * LSN. That does no harm: replay applies them again, in order, with the same result, and the log's
 * order puts those records in front of the node that contains them. A snapshot taken meanwhile
 * freezes the nodes of the captured root, and they are stored as frozen.
 *
 * The root comes last, in one transaction with the removal of nodes that no version reaches any
 * more: until then the old image stands, with all of its nodes.
 */
import { encodeKey, packValue, unpackValue, type KeySpaceId, type Store } from "@firn/core";
import { CHECKPOINT_BATCH_BYTES, CHECKPOINT_DELETES_MAX } from "./constants.ts";
import { encodeNode, type MapNode } from "./map-node.ts";
import { nodeKey, type NodeTable } from "./node-table.ts";
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
}

export interface CheckpointSource {
  readonly store: Store;
  readonly space: KeySpaceId;
  readonly table: NodeTable;
  readonly versions: VersionTree;
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
    for (const node of changes.nodes) node.flushing = false;
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
  const value = await store.get(space, rootKey);
  return value === undefined ? undefined : (unpackValue(value) as CheckpointRoot);
}

async function storeNodes(source: CheckpointSource, nodes: readonly MapNode[]): Promise<void> {
  const { store, space, table } = source;
  let batch: { key: Uint8Array; value: Uint8Array }[] = [];
  let bytes = 0;
  const commit = async (): Promise<void> => {
    const entries = batch;
    batch = [];
    bytes = 0;
    await store.transact((tx) => {
      for (const { key, value } of entries) tx.put(space, key, value);
    });
  };
  for (const node of nodes) {
    const value = encodeNode(node);
    table.markEncoded(node);
    batch.push({ key: nodeKey(node.id), value });
    bytes += value.length;
    if (bytes >= CHECKPOINT_BATCH_BYTES) await commit();
  }
  if (batch.length > 0) await commit();
}
