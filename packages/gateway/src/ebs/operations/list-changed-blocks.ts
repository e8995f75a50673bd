import { integer, list, long, string, structure, timestamp } from "@firn/wire";
import { BLOCK_SIZE, BLOCK_TOKEN_MS } from "../constants.ts";
import { operation } from "../context.ts";
import type { EbsOperation } from "../context.ts";
import { pageOfBlocks } from "../page.ts";
import { firstSnapshotIdInQuery, pageIn, secondSnapshotIdInPath } from "../shapes.ts";
import { blockTokens } from "../tokens.ts";

export const listChangedBlocks: EbsOperation = operation({
  name: "ListChangedBlocks",
  http: { method: "GET", path: "/snapshots/{secondSnapshotId}/changedblocks" },
  input: {
    FirstSnapshotId: firstSnapshotIdInQuery,
    SecondSnapshotId: secondSnapshotIdInPath,
    ...pageIn,
  },
  output: {
    ChangedBlocks: list(
      structure({ BlockIndex: integer(), FirstBlockToken: string(), SecondBlockToken: string() }),
    ),
    ExpiryTime: timestamp(),
    VolumeSize: long(),
    BlockSize: integer(),
    NextToken: string(),
  },
  errors: ["ValidationException", "ResourceNotFoundException"],
  async handler(input, { volumes, store }) {
    const { FirstSnapshotId: firstSnapshotId, SecondSnapshotId: snapshotId, ...request } = input;
    const { sizeGiB } = await volumes.describeSnapshot({ snapshotId });
    const nowMs = store.clock.now();
    const page = await pageOfBlocks(volumes, { snapshotId, firstSnapshotId }, { request, nowMs });
    const expiresMs = nowMs + BLOCK_TOKEN_MS;
    const salt = store.random.bytes(8).slice();
    const secret = await volumes.secret();
    const first = blockTokens(secret, { snapshotId: firstSnapshotId ?? "", expiresMs, salt });
    const second = blockTokens(secret, { snapshotId, expiresMs, salt });
    return {
      ChangedBlocks: page.blocks.map(({ blockIndex, inFirst, inSnapshot }) => ({
        BlockIndex: blockIndex,
        FirstBlockToken: inFirst ? first(blockIndex) : undefined,
        SecondBlockToken: inSnapshot ? second(blockIndex) : undefined,
      })),
      ExpiryTime: expiresMs,
      VolumeSize: sizeGiB,
      BlockSize: BLOCK_SIZE,
      NextToken: page.nextToken,
    };
  },
});
