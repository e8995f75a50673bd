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
  async handler(input, { volumes, caller: { accountId }, now }) {
    const nowMs = now();
    const asked = matcherOf(input.Filters, snapshotFields(nowMs), ({ tags }) => tags);
    const { OwnerIds: owners, RestorableByUserIds: users } = input;
    const matches = (snapshot: SnapshotDescription): boolean =>
      namesAccount(owners, snapshot.ownerId, accountId) &&
      isRestorable(snapshot, users, accountId) &&
      asked(snapshot);
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
    const members = page.items.map((snapshot) => snapshotMember(snapshot, nowMs));
    return { Snapshots: members, NextToken: page.nextToken };
  },
});

/** Whether a snapshot's owner is among those asked for; `self` is the caller. */
function namesAccount(
  asked: readonly string[] | undefined,
  ownerId: string,
  callerId: string,
): boolean {
  if (asked === undefined || asked.length === 0) return true;
  return asked.includes(ownerId) || (ownerId === callerId && asked.includes("self"));
}

/** Whether one of the users may make volumes of it: its owner, and whom it is shared with. */
function isRestorable(
  { ownerId, sharedWith }: SnapshotDescription,
  users: readonly string[] | undefined,
  callerId: string,
): boolean {
  if (users === undefined || users.length === 0) return true;
  return users.some((user) => {
    const id = user === "self" ? callerId : user;
    return id === ownerId || sharedWith.includes(id);
  });
}
