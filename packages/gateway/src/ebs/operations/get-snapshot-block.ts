import { createHash } from "node:crypto";
import { bytesOut } from "@firn/wire";
import { operation } from "../context.ts";
import type { EbsOperation } from "../context.ts";
import { validationError } from "../errors.ts";
import {
  blockIndexInPath,
  blockToken,
  checksum,
  checksumAlgorithm,
  dataLength,
  snapshotIdInPath,
} from "../shapes.ts";
import { isBlockToken } from "../tokens.ts";

export const getSnapshotBlock: EbsOperation = operation({
  name: "GetSnapshotBlock",
  http: { method: "GET", path: "/snapshots/{snapshotId}/blocks/{blockIndex}" },
  input: { SnapshotId: snapshotIdInPath, BlockIndex: blockIndexInPath, BlockToken: blockToken },
  output: {
    DataLength: dataLength,
    BlockData: bytesOut(),
    Checksum: checksum,
    ChecksumAlgorithm: checksumAlgorithm,
  },
  errors: ["ValidationException", "ResourceNotFoundException"],
  async handler(input, { volumes, store }) {
    const { SnapshotId: snapshotId, BlockIndex: blockIndex } = input;
    await volumes.describeSnapshot({ snapshotId });
    const of = { snapshotId, blockIndex, nowMs: store.clock.now() };
    if (!isBlockToken(input.BlockToken, await volumes.secret(), of)) {
      throw validationError("INVALID_BLOCK_TOKEN", "The block token is not valid or has expired.");
    }
    const bytes = await volumes.direct.read({ snapshotId, blockIndex });
    return {
      DataLength: bytes.length,
      BlockData: bytes,
      Checksum: createHash("sha256").update(bytes).digest("base64"),
      ChecksumAlgorithm: "SHA256" as const,
    };
  },
});
