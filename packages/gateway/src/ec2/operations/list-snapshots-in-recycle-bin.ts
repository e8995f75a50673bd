import type { SnapshotDescription } from "@firn/volumes";
import { list, string, structure, timestamp } from "@firn/wire";
import type { Ec2Operation } from "../context.ts";
import { operation } from "../context.ts";
import { checkSnapshotId } from "../ids.ts";
import { maxResults, nextToken, nextTokenOut, pageOf } from "../paging.ts";

const binned = structure({
  SnapshotId: string({ name: "snapshotId" }),
  RecycleBinEnterTime: timestamp({ name: "recycleBinEnterTime" }),
  RecycleBinExitTime: timestamp({ name: "recycleBinExitTime" }),
  Description: string({ name: "description" }),
  VolumeId: string({ name: "volumeId" }),
});

export const listSnapshotsInRecycleBin: Ec2Operation = operation({
  name: "ListSnapshotsInRecycleBin",
  input: {
    SnapshotIds: list(string(), { name: "SnapshotId" }),
    MaxResults: maxResults,
    NextToken: nextToken,
  },
  output: {
    Snapshots: list(binned, { name: "snapshotSet", item: "item" }),
    NextToken: nextTokenOut,
  },
  errors: ["InvalidPaginationToken"],
  async handler(input, { volumes, now }) {
    const nowMs = now();
    const ids = input.SnapshotIds?.map(checkSnapshotId);
    const matches = ({ snapshotId, bin }: SnapshotDescription): boolean =>
      (bin?.exitTime ?? 0) > nowMs && (ids === undefined || ids.includes(snapshotId));
    const idOf = ({ snapshotId }: SnapshotDescription): string => snapshotId;
    const page = await pageOf(volumes.snapshots.bin(), input, { matches, idOf });
    const members = page.items.map(({ snapshotId, volumeId, description, bin }) => ({
      SnapshotId: snapshotId,
      RecycleBinEnterTime: bin?.enterTime,
      RecycleBinExitTime: bin?.exitTime,
      Description: description,
      VolumeId: volumeId,
    }));
    return { Snapshots: members, NextToken: page.nextToken };
  },
});
