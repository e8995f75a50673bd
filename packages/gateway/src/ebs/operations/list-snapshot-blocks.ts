import { integer, list, long, string, structure, timestamp } from "@firn/wire";
import { BLOCK_SIZE, BLOCK_TOKEN_MS } from "../constants.ts";
import { operation } from "../context.ts";
import type { EbsOperation } from "../context.ts";
import { pageOfBlocks } from "../page.ts";
import { pageIn, snapshotIdInPath } from "../shapes.ts";
import { blockTokens } from "../tokens.ts";

export const listSnapshotBlocks: EbsOperation = operation({
  name: "ListSnapshotBlocks",
  http: { method: "GET", path: "/snapshots/{snapshotId}/blocks" },
  input: { SnapshotId: snapshotIdInPath, ...pageIn },
  output: {
    Blocks: list(structure({ BlockIndex: integer(), BlockToken: string() })),
    ExpiryTime: timestamp(),
    VolumeSize: long(),
    BlockSize: integer(),
    NextToken: string(),
  },
  errors: ["ValidationException", "ResourceNotFoundException"],
  async handler({ SnapshotId: snapshotId, ...request }, { volumes, store }) {
    const { sizeGiB } = await volumes.describeSnapshot({ snapshotId });
    const nowMs = store.clock.now();
    const page = await pageOfBlocks(volumes, { snapshotId }, { request, nowMs });
    const expiresMs = nowMs + BLOCK_TOKEN_MS;
    const salt = store.random.bytes(8).slice();
    const token = blockTokens(await volumes.secret(), { snapshotId, expiresMs, salt });
    return {
      Blocks: page.blocks.map(({ blockIndex }) => ({
        BlockIndex: blockIndex,
        BlockToken: token(blockIndex),
      })),
      ExpiryTime: expiresMs,
      VolumeSize: sizeGiB,
      BlockSize: BLOCK_SIZE,
      NextToken: page.nextToken,
    };
  },
});
