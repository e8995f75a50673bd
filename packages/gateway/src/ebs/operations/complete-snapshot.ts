import { integer, string } from "@firn/wire";
import { operation } from "../context.ts";
import type { EbsOperation } from "../context.ts";
import { validationError } from "../errors.ts";
import { checksum, checksumAlgorithm, sha256From, snapshotIdInPath } from "../shapes.ts";

export const completeSnapshot: EbsOperation = operation({
  name: "CompleteSnapshot",
  http: { method: "POST", path: "/snapshots/completion/{snapshotId}", status: 202 },
  input: {
    SnapshotId: snapshotIdInPath,
    ChangedBlocksCount: integer({
      min: 0,
      required: true,
      in: "header",
      name: "x-amz-changedblockscount",
    }),
    Checksum: checksum,
    ChecksumAlgorithm: checksumAlgorithm,
    ChecksumAggregationMethod: string({
      values: ["LINEAR"],
      in: "header",
      name: "x-amz-checksum-aggregation-method",
    }),
  },
  output: { Status: string() },
  errors: ["ValidationException", "ResourceNotFoundException"],
  async handler(input, { volumes }) {
    const { Checksum, ChecksumAlgorithm, ChecksumAggregationMethod } = input;
    const given = [Checksum, ChecksumAlgorithm, ChecksumAggregationMethod];
    const count = given.filter((value) => value !== undefined).length;
    if (count !== 0 && count !== given.length) {
      throw validationError(
        "INVALID_PARAMETER_VALUE",
        "Checksum, ChecksumAlgorithm and ChecksumAggregationMethod are given together or not at all.",
      );
    }
    const { state } = await volumes.direct.complete({
      snapshotId: input.SnapshotId,
      changedBlocksCount: input.ChangedBlocksCount,
      sha256: Checksum === undefined ? undefined : sha256From(Checksum),
    });
    return { Status: state };
  },
});
