import type { SnapshotDescription } from "@firn/volumes";
import { list, structure } from "@firn/wire";
import type { Ec2Operation } from "../context.ts";
import { operation } from "../context.ts";
import { filters, matcherOf } from "../filters.ts";
import { maxResults, nextToken, nextTokenOut, pageOf } from "../paging.ts";
import { tierMember, tierMembers } from "../tier-member.ts";

export const describeSnapshotTierStatus: Ec2Operation = operation({
  name: "DescribeSnapshotTierStatus",
  input: { Filters: filters, MaxResults: maxResults, NextToken: nextToken },
  output: {
    SnapshotTierStatuses: list(structure(tierMembers), {
      name: "snapshotTierStatusSet",
      item: "item",
    }),
    NextToken: nextTokenOut,
  },
  errors: ["FilterLimitExceeded", "InvalidPaginationToken"],
  async handler(input, { volumes, now }) {
    const nowMs = now();
    const matches = matcherOf<SnapshotDescription>(input.Filters, {
      "snapshot-id": ({ snapshotId }) => [snapshotId],
      "volume-id": ({ volumeId }) => [volumeId],
      "last-tiering-operation": (snapshot) => {
        const { LastTieringOperationStatus: status } = tierMember(snapshot, nowMs);
        return status === undefined ? [] : [status];
      },
    });
    const idOf = ({ snapshotId }: SnapshotDescription): string => snapshotId;
    const page = await pageOf(volumes.describeSnapshots(), input, { matches, idOf });
    const members = page.items.map((snapshot) => tierMember(snapshot, nowMs));
    return { SnapshotTierStatuses: members, NextToken: page.nextToken };
  },
});
