import type { ModificationDescription, VolumeDescription } from "@firn/volumes";
import { ServiceError, list, string, structure } from "@firn/wire";
import type { Ec2Operation } from "../context.ts";
import { operation } from "../context.ts";
import { filters, matcherOf } from "../filters.ts";
import { checkVolumeId } from "../ids.ts";
import {
  modificationFields,
  modificationMember,
  modificationMembers,
} from "../modification-member.ts";
import { checkIdsOrPages, maxResults, nextToken, nextTokenOut, pageOf } from "../paging.ts";

export const describeVolumesModifications: Ec2Operation = operation({
  name: "DescribeVolumesModifications",
  input: {
    VolumeIds: list(string(), { name: "VolumeId" }),
    Filters: filters,
    MaxResults: maxResults,
    NextToken: nextToken,
  },
  output: {
    VolumesModifications: list(structure(modificationMembers), {
      name: "volumeModificationSet",
      item: "item",
    }),
    NextToken: nextTokenOut,
  },
  errors: [
    "FilterLimitExceeded",
    "InvalidPaginationToken",
    "InvalidParameterCombination",
    "InvalidVolume.NotFound",
    "InvalidVolumeModification.NotFound",
  ],
  async handler(input, { volumes }) {
    const matches = matcherOf(input.Filters, modificationFields);
    const ids = input.VolumeIds;
    if (checkIdsOrPages(ids, input, "volumeSet")) {
      const named = ids.map((volumeId) =>
        volumes.describeVolume({ volumeId: checkVolumeId(volumeId) }),
      );
      const found = (await Promise.all(named)).map(modificationOf).filter(matches);
      return { VolumesModifications: found.map(modificationMember) };
    }
    const page = await pageOf(volumes.describeVolumes(), input, {
      matches: ({ modification }) => modification !== undefined && matches(modification),
      idOf: ({ volumeId }) => volumeId,
    });
    const found = page.items.map(modificationOf).map(modificationMember);
    return { VolumesModifications: found, NextToken: page.nextToken };
  },
});

function modificationOf({ volumeId, modification }: VolumeDescription): ModificationDescription {
  if (modification !== undefined) return modification;
  const text = `Modification for volume '${volumeId}' does not exist.`;
  throw new ServiceError("InvalidVolumeModification.NotFound", 400, text);
}
