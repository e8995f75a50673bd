/** Snapshots block by block, without a volume: what AWS calls EBS's direct APIs. */
import { completeSnapshot, type CompleteSnapshotOptions } from "./complete-snapshot.ts";
import type { SnapshotDescription } from "./descriptions.ts";
import type { EngineContext } from "./engine-context.ts";
import { putSnapshotBlock, type PutSnapshotBlockOptions } from "./put-snapshot-block.ts";
import {
  listSnapshotBlocks,
  readSnapshotBlock,
  type ListSnapshotBlocksOptions,
  type SnapshotBlock,
} from "./snapshot-blocks.ts";
import { startSnapshot, type StartSnapshotOptions } from "./start-snapshot.ts";

/** Blocks are 512 KiB and counted from 0 on. Everything here is `committed`. */
export class DirectSnapshots {
  readonly #context: EngineContext;

  /** Made by `Volumes`. */
  constructor(context: EngineContext) {
    this.#context = context;
  }

  /**
   * Begins a snapshot, empty or with a parent's blocks. O(1) in both cases.
   * @throws FIRN_SNAPSHOT_NOT_FOUND, FIRN_SNAPSHOT_STATE when the parent is not complete,
   * FIRN_VOLUME_PARAMETER, FIRN_VOLUME_TOKEN_MISMATCH, FIRN_SNAPSHOT_UPLOAD_LIMIT,
   * FIRN_VOLUME_TAG_LIMIT.
   * @see https://docs.aws.amazon.com/ebs/latest/APIReference/API_StartSnapshot.html
   */
  start(options: StartSnapshotOptions): Promise<SnapshotDescription> {
    return startSnapshot(this.#context, options);
  }

  /**
   * Writes a block of a pending snapshot; the newest of several puts counts. Returns its SHA-256.
   * @throws FIRN_SNAPSHOT_NOT_FOUND, FIRN_SNAPSHOT_STATE, FIRN_SNAPSHOT_BLOCK,
   * FIRN_SNAPSHOT_CHECKSUM.
   */
  put(options: PutSnapshotBlockOptions): Promise<Uint8Array> {
    return putSnapshotBlock(this.#context, options);
  }

  /**
   * Ends the upload: from now on the snapshot is as every other. O(blocks put).
   * @throws FIRN_SNAPSHOT_NOT_FOUND, FIRN_SNAPSHOT_STATE, FIRN_SNAPSHOT_BLOCK_COUNT,
   * FIRN_SNAPSHOT_CHECKSUM; it stays pending then.
   */
  complete(options: CompleteSnapshotOptions): Promise<SnapshotDescription> {
    return completeSnapshot(this.#context, options);
  }

  /**
   * The blocks that a snapshot has, or that differ between two; ascending.
   * @throws FIRN_SNAPSHOT_NOT_FOUND, FIRN_SNAPSHOT_STATE, FIRN_SNAPSHOT_LINEAGE.
   */
  list(options: ListSnapshotBlocksOptions): AsyncIterableIterator<SnapshotBlock> {
    return listSnapshotBlocks(this.#context, options);
  }

  /**
   * The 512 KiB of a block; zeroes where the snapshot has none. Verified.
   * @throws FIRN_SNAPSHOT_NOT_FOUND, FIRN_SNAPSHOT_STATE, FIRN_SNAPSHOT_BLOCK, FIRN_BLOCK_CORRUPT.
   */
  read(options: { readonly snapshotId: string; readonly blockIndex: number }): Promise<Uint8Array> {
    return readSnapshotBlock(this.#context, options);
  }
}
