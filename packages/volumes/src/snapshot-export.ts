/** Writes a snapshot to a bucket: objects of up to 16 blocks, and a manifest last. */
import { PIECE_BLOCKS, PIECES_IN_FLIGHT } from "./constants.ts";
import type { EngineContext } from "./engine-context.ts";
import { volumeError } from "./errors.ts";
import { inParallel } from "./in-parallel.ts";
import { listSnapshotBlocks, readSnapshotBlock } from "./snapshot-blocks.ts";
import { encodePiece, pieceBytes, type PieceBlock } from "./snapshot-piece.ts";
import type { VolumeObjects } from "./volume-objects.ts";

export interface TransferProgress {
  /** Blocks of 512 KiB. */
  readonly doneBlocks: number;
  readonly totalBlocks: number;
}

export interface ExportSnapshotOptions {
  readonly snapshotId: string;
  readonly bucket: string;
  /** In front of all keys; the snapshot's id follows. Default none. */
  readonly prefix?: string | undefined;
  readonly onProgress?: ((progress: TransferProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ExportedSnapshot {
  /** What `importSnapshot` takes. */
  readonly manifestKey: string;
  readonly blocks: number;
  /** Objects that an earlier, interrupted export had written already. */
  readonly skippedObjects: number;
}

/** The manifest of an export, as JSON. */
export interface ExportManifest {
  readonly format: "firn-snapshot-1";
  readonly snapshotId: string;
  readonly sizeGiB: number;
  readonly description: string;
  readonly blocks: number;
  /** Windows of 16 blocks that have an object, as runs of first and count. */
  readonly windows: readonly (readonly [first: number, count: number])[];
}

/**
 * Resumable: a snapshot never changes, so an object of the right length is not written again.
 * @throws FIRN_SNAPSHOT_NOT_FOUND, FIRN_SNAPSHOT_STATE, FIRN_SNAPSHOT_EXPORT without an object
 * store, what that throws, and the signal's reason.
 */
export async function exportSnapshot(
  context: EngineContext,
  options: ExportSnapshotOptions,
): Promise<ExportedSnapshot> {
  const { snapshotId, bucket, onProgress, signal } = options;
  const objects = objectsOf(context);
  const { sizeGiB, description } = await context.snapshot(snapshotId);
  const { windows, blocks } = await survey(context, snapshotId);
  const base = `${options.prefix ?? ""}${snapshotId}/`;
  const { accountId } = context.scope;
  let doneBlocks = 0;
  let skippedObjects = 0;
  await inParallel(pieces(context, snapshotId), PIECES_IN_FLIGHT, async ({ window, indexes }) => {
    signal?.throwIfAborted();
    const place = { accountId, bucket, key: pieceKey(base, window) };
    if ((await objects.head(place))?.bytes === pieceBytes(indexes.length)) {
      skippedObjects++;
    } else {
      const read: PieceBlock[] = [];
      for (const blockIndex of indexes) {
        const bytes = await readSnapshotBlock(context, { snapshotId, blockIndex });
        read.push({ blockIndex, bytes });
      }
      await objects.putObject(place, encodePiece(read));
    }
    doneBlocks += indexes.length;
    onProgress?.({ doneBlocks, totalBlocks: blocks });
  });
  const format = "firn-snapshot-1";
  const manifest: ExportManifest = { format, snapshotId, sizeGiB, description, blocks, windows };
  const manifestKey = `${base}manifest.json`;
  const body = Buffer.from(JSON.stringify(manifest));
  await objects.putObject({ accountId, bucket, key: manifestKey }, body);
  return { manifestKey, blocks, skippedObjects };
}

/** Where the object of a window lies, behind the export's own prefix. */
export function pieceKey(base: string, window: number): string {
  return `${base}blocks/${String(window).padStart(8, "0")}`;
}

/** @throws FIRN_SNAPSHOT_EXPORT. */
export function objectsOf(context: EngineContext): VolumeObjects {
  const { objects } = context.state;
  if (objects !== undefined) return objects;
  const text = "This engine was opened without an object store to export to.";
  throw volumeError("FIRN_SNAPSHOT_EXPORT", text);
}

async function survey(
  context: EngineContext,
  snapshotId: string,
): Promise<Pick<ExportManifest, "windows" | "blocks">> {
  const windows: [number, number][] = [];
  let blocks = 0;
  for await (const { window, indexes } of pieces(context, snapshotId)) {
    blocks += indexes.length;
    const last = windows.at(-1);
    if (last !== undefined && last[0] + last[1] === window) last[1]++;
    else windows.push([window, 1]);
  }
  return { windows, blocks };
}

interface Piece {
  readonly window: number;
  readonly indexes: readonly number[];
}

async function* pieces(context: EngineContext, snapshotId: string): AsyncGenerator<Piece> {
  let window = -1;
  let indexes: number[] = [];
  for await (const { blockIndex } of listSnapshotBlocks(context, { snapshotId })) {
    const next = Math.floor(blockIndex / PIECE_BLOCKS);
    if (next !== window && indexes.length > 0) yield { window, indexes };
    if (next !== window) indexes = [];
    window = next;
    indexes.push(blockIndex);
  }
  if (indexes.length > 0) yield { window, indexes };
}
