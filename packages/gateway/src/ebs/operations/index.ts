import type { EbsOperation } from "../context.ts";
import { completeSnapshot } from "./complete-snapshot.ts";
import { getSnapshotBlock } from "./get-snapshot-block.ts";
import { listChangedBlocks } from "./list-changed-blocks.ts";
import { listSnapshotBlocks } from "./list-snapshot-blocks.ts";
import { putSnapshotBlock } from "./put-snapshot-block.ts";
import { startSnapshot } from "./start-snapshot.ts";

export const ebsOperations: readonly EbsOperation[] = [
  startSnapshot,
  putSnapshotBlock,
  completeSnapshot,
  listSnapshotBlocks,
  listChangedBlocks,
  getSnapshotBlock,
];
