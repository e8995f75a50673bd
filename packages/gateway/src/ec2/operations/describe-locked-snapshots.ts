import type { SnapshotDescription } from "@firn/volumes";
import { list, string, structure } from "@firn/wire";
import type { Ec2Operation } from "../context.ts";
import { operation } from "../context.ts";
import { filters, matcherOf } from "../filters.ts";
import { checkSnapshotId } from "../ids.ts";
import { lockMember, lockMembers } from "../lock-member.ts";
import { checkIdsOrPages, maxResults, nextToken, nextTokenOut, pageOf } from "../paging.ts";
import type { ResultPage } from "../paging.ts";

export const describeLockedSnapshots: Ec2Operation = operation({
  name: "DescribeLockedSnapshots",
  input: {
    SnapshotIds: list(string(), { name: "SnapshotId" }),
    Filters: filters,
    MaxResults: maxResults,
    NextToken: nextToken,
  },
  output: {
    Snapshots: list(structure(lockMembers), { name: "snapshotSet", item: "item" }),
    NextToken: nextTokenOut,
  },
  errors: ["FilterLimitExceeded", "InvalidPaginationToken", "InvalidSnapshot.NotFound"],
  async handler(input, { volumes, now }) {
    const nowMs = now();
    const asked = matcherOf<SnapshotDescription>(input.Filters, {
      "lock-state": (snapshot) => [lockMember(snapshot, nowMs)?.LockState ?? ""],
    });
    const matches = (snapshot: SnapshotDescription): boolean =>
      snapshot.lock !== undefined && asked(snapshot);
    const ids = input.SnapshotIds;
    let page: ResultPage<SnapshotDescription>;
    if (checkIdsOrPages(ids, input, "snapshotSet")) {
      const named = [...new Set(ids)].map((snapshotId) =>
        volumes.describeSnapshot({ snapshotId: checkSnapshotId(snapshotId) }),
      );
      page = { items: (await Promise.all(named)).filter(matches), nextToken: undefined };
    } else {
      const idOf = ({ snapshotId }: SnapshotDescription): string => snapshotId;
      page = await pageOf(volumes.describeSnapshots(), input, { matches, idOf });
    }
    const members = page.items.map((snapshot) => lockMember(snapshot, nowMs) ?? {});
    return { Snapshots: members, NextToken: page.nextToken };
  },
});
