import { integer } from "@firn/wire";
import { operation } from "../context.ts";
import type { EbsOperation } from "../context.ts";
import { validationError } from "../errors.ts";
import {
  blockDataIn,
  blockIndexInPath,
  checksum,
  checksumAlgorithm,
  requiredChecksum,
  requiredChecksumAlgorithm,
  sha256From,
  snapshotIdInPath,
} from "../shapes.ts";

export const putSnapshotBlock: EbsOperation = operation({
  name: "PutSnapshotBlock",
  http: { method: "PUT", path: "/snapshots/{snapshotId}/blocks/{blockIndex}", status: 201 },
  input: {
    SnapshotId: snapshotIdInPath,
    BlockIndex: blockIndexInPath,
    BlockData: blockDataIn,
    DataLength: integer({ required: true, in: "header", name: "x-amz-data-length" }),
    Progress: integer({ min: 0, max: 100, in: "header", name: "x-amz-progress" }),
    Checksum: requiredChecksum,
    ChecksumAlgorithm: requiredChecksumAlgorithm,
  },
  output: { Checksum: checksum, ChecksumAlgorithm: checksumAlgorithm },
  errors: ["ValidationException", "ResourceNotFoundException"],
  async handler(input, { volumes }) {
    const { BlockData: bytes, DataLength } = input;
    if (DataLength !== bytes.length) {
      const text = `The body has ${bytes.length} bytes, not the ${DataLength} that are announced.`;
      throw validationError("INVALID_BLOCK", text);
    }
    const sha256 = await volumes.direct.put({
      snapshotId: input.SnapshotId,
      blockIndex: input.BlockIndex,
      bytes,
      sha256: sha256From(input.Checksum),
    });
    return {
      Checksum: Buffer.from(sha256).toString("base64"),
      ChecksumAlgorithm: "SHA256" as const,
    };
  },
});
