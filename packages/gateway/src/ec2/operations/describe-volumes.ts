import type { VolumeDescription } from "@firn/volumes";
import { boolean, list, string, structure } from "@firn/wire";
import type { Ec2Operation } from "../context.ts";
import { operation } from "../context.ts";
import { filters, matcherOf } from "../filters.ts";
import { checkVolumeId } from "../ids.ts";
import { checkIdsOrPages, maxResults, nextToken, nextTokenOut, pageOf } from "../paging.ts";
import type { ResultPage } from "../paging.ts";
import { volumeFields, volumeMember, volumeMembers } from "../volume-member.ts";

export const describeVolumes: Ec2Operation = operation({
  name: "DescribeVolumes",
  input: {
    VolumeIds: list(string(), { name: "VolumeId" }),
    Filters: filters,
    MaxResults: maxResults,
    NextToken: nextToken,
    // There are none: with and without them it is the same list.
    IncludeManagedResources: boolean(),
  },
  output: {
    Volumes: list(structure(volumeMembers), { name: "volumeSet", item: "item" }),
    NextToken: nextTokenOut,
  },
  errors: [
    "FilterLimitExceeded",
    "InvalidPaginationToken",
    "InvalidParameterCombination",
    "InvalidVolume.NotFound",
  ],
  async handler(input, { volumes, region }) {
    const matches = matcherOf(input.Filters, volumeFields(region), ({ tags }) => tags);
    const ids = input.VolumeIds;
    let page: ResultPage<VolumeDescription>;
    if (checkIdsOrPages(ids, input, "volumeSet")) {
      const named = [...new Set(ids)].map((volumeId) =>
        volumes.describeVolume({ volumeId: checkVolumeId(volumeId) }),
      );
      page = { items: (await Promise.all(named)).filter(matches), nextToken: undefined };
    } else {
      const idOf = ({ volumeId }: VolumeDescription): string => volumeId;
      page = await pageOf(volumes.describeVolumes(), input, { matches, idOf });
    }
    const members = page.items.map((volume) => volumeMember(volume, region));
    return { Volumes: members, NextToken: page.nextToken };
  },
});
