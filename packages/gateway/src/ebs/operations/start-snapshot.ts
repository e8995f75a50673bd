import { boolean, integer, long, string, timestamp, unsupported } from "@firn/wire";
import { BLOCK_SIZE } from "../constants.ts";
import { operation } from "../context.ts";
import type { EbsOperation } from "../context.ts";
import { validationError } from "../errors.ts";
import { snapshotId, tags, volumeSize } from "../shapes.ts";

export const startSnapshot: EbsOperation = operation({
  name: "StartSnapshot",
  http: { method: "POST", path: "/snapshots", status: 201 },
  input: {
    VolumeSize: volumeSize,
    ParentSnapshotId: snapshotId,
    Tags: tags,
    Description: string({ max: 255, pattern: "[\\S\\s]+" }),
    ClientToken: string({ max: 255, pattern: "\\S+" }),
    Encrypted: boolean(),
    KmsKeyArn: unsupported(),
    Timeout: integer({ min: 10, max: 4320 }),
  },
  output: {
    Description: string(),
    SnapshotId: string(),
    OwnerId: string(),
    Status: string(),
    StartTime: timestamp(),
    VolumeSize: long(),
    BlockSize: integer(),
    Tags: tags,
    ParentSnapshotId: string(),
    SseType: string(),
  },
  errors: [
    "ValidationException",
    "ResourceNotFoundException",
    "ServiceQuotaExceededException",
    "ConflictException",
  ],
  async handler(input, { volumes, caller }) {
    if (input.Encrypted === true && !volumes.isEncrypting) {
      throw validationError("INVALID_PARAMETER_VALUE", "Encrypted snapshots are not supported.");
    }
    // As with AWS: what the parent is, its child is too.
    if (input.Encrypted !== undefined && input.ParentSnapshotId !== undefined) {
      const text = "Encrypted cannot be used together with ParentSnapshotId.";
      throw validationError("INVALID_PARAMETER_VALUE", text);
    }
    const snapshot = await volumes.direct.start({
      sizeGiB: input.VolumeSize,
      parentSnapshotId: input.ParentSnapshotId,
      description: input.Description,
      tags: (input.Tags ?? []).map(({ Key = "", Value = "" }) => ({ key: Key, value: Value })),
      clientToken: input.ClientToken,
      timeoutMs: input.Timeout === undefined ? undefined : input.Timeout * 60_000,
    });
    return {
      Description: input.Description,
      SnapshotId: snapshot.snapshotId,
      OwnerId: caller.accountId,
      Status: snapshot.state,
      StartTime: snapshot.startTime,
      VolumeSize: snapshot.sizeGiB,
      BlockSize: BLOCK_SIZE,
      Tags: input.Tags,
      ParentSnapshotId: snapshot.parentSnapshotId,
      SseType: snapshot.encrypted ? "sse-ebs" : "none",
    };
  },
});
