import type { SnapshotDescription } from "@firn/volumes";
import { list, string, structure } from "@firn/wire";
import type { Ec2Operation } from "../context.ts";
import { operation } from "../context.ts";
import { filters, matcherOf } from "../filters.ts";
import { checkSnapshotId } from "../ids.ts";
import { checkIdsOrPages, maxResults, nextToken, nextTokenOut, pageOf } from "../paging.ts";
import type { ResultPage } from "../paging.ts";
import { snapshotFields, snapshotMember, snapshotMembers } from "../snapshot-member.ts";

export const describeSnapshots: Ec2Operation = operation({
  name: "DescribeSnapshots",
  input: {
    SnapshotIds: list(string(), { name: "SnapshotId" }),
    OwnerIds: list(string(), { name: "Owner" }),
    RestorableByUserIds: list(string(), { name: "RestorableBy" }),
    Filters: filters,
    MaxResults: maxResults,
    NextToken: nextToken,
  },
  output: {
    Snapshots: list(structure(snapshotMembers), { name: "snapshotSet", item: "item" }),
    NextToken: nextTokenOut,
  },
  errors: [
    "FilterLimitExceeded",
    "InvalidPaginationToken",
    "InvalidParameterCombination",
    "InvalidSnapshot.NotFound",
  ],
  async handler(input, { volumes, caller: { accountId } }) {
    const asked = matcherOf(input.Filters, snapshotFields(accountId), ({ tags }) => tags);
    // Snapshots are not shared: whoever owns one is the only one who can restore it.
    const own = [input.OwnerIds, input.RestorableByUserIds].every((users) =>
      namesAccount(users, accountId),
    );
    const matches = own ? asked : (): boolean => false;
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
    const members = page.items.map((snapshot) => snapshotMember(snapshot, accountId));
    return { Snapshots: members, NextToken: page.nextToken };
  },
});

function namesAccount(users: readonly string[] | undefined, accountId: string): boolean {
  if (users === undefined || users.length === 0) return true;
  return users.includes("self") || users.includes(accountId);
}
