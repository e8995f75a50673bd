import type { SnapshotDescription } from "@firn/volumes";
import { list, structure } from "@firn/wire";
import type { Ec2Operation } from "../context.ts";
import { operation } from "../context.ts";
import { fastRestoreMember, fastRestoreMembers } from "../fast-restore.ts";
import type { FastRestoreMember } from "../fast-restore.ts";
import { filters, matcherOf } from "../filters.ts";
import type { FilterFields } from "../filters.ts";
import { maxResults, nextToken, nextTokenOut, pageOf } from "../paging.ts";

const fields: FilterFields<FastRestoreMember> = {
  "availability-zone": ({ AvailabilityZone = "" }) => [AvailabilityZone],
  "availability-zone-id": ({ AvailabilityZoneId = "" }) => [AvailabilityZoneId],
  "owner-id": ({ OwnerId = "" }) => [OwnerId],
  "snapshot-id": ({ SnapshotId = "" }) => [SnapshotId],
  state: ({ State = "" }) => [State],
};

/** Pages are of snapshots: one may have several zones. */
export const describeFastSnapshotRestores: Ec2Operation = operation({
  name: "DescribeFastSnapshotRestores",
  input: { Filters: filters, MaxResults: maxResults, NextToken: nextToken },
  output: {
    FastSnapshotRestores: list(structure(fastRestoreMembers), {
      name: "fastSnapshotRestoreSet",
      item: "item",
    }),
    NextToken: nextTokenOut,
  },
  errors: ["FilterLimitExceeded", "InvalidPaginationToken"],
  async handler(input, { volumes, region }) {
    const wanted = matcherOf(input.Filters, fields);
    const membersOf = (snapshot: SnapshotDescription): FastRestoreMember[] =>
      snapshot.fastRestores
        .map(({ availabilityZone, enabledTime }) =>
          fastRestoreMember(snapshot, region, {
            availabilityZone,
            state: "enabled",
            time: enabledTime,
          }),
        )
        .filter(wanted);
    const page = await pageOf(volumes.describeSnapshots(), input, {
      matches: (snapshot) => membersOf(snapshot).length > 0,
      idOf: ({ snapshotId }) => snapshotId,
    });
    return {
      FastSnapshotRestores: page.items.flatMap(membersOf),
      NextToken: page.nextToken,
    };
  },
});
