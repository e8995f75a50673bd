import type { VolumeDescription } from "@firn/volumes";
import { boolean, list, string, structure } from "@firn/wire";
import type { Ec2Operation } from "../context.ts";
import { operation } from "../context.ts";
import { filters, matcherOf } from "../filters.ts";
import type { FilterFields } from "../filters.ts";
import { checkVolumeId } from "../ids.ts";
import { checkIdsOrPages, maxResults, nextToken, nextTokenOut, pageOf } from "../paging.ts";
import type { ResultPage } from "../paging.ts";
import { zonesOf } from "../zones.ts";

const detail = structure({
  Name: string({ name: "name" }),
  Status: string({ name: "status" }),
});

const status = structure(
  {
    Details: list(detail, { name: "details", item: "item" }),
    Status: string({ name: "status" }),
  },
  { name: "volumeStatus" },
);

const statusItem = structure({
  VolumeId: string({ name: "volumeId" }),
  AvailabilityZone: string({ name: "availabilityZone" }),
  AvailabilityZoneId: string({ name: "availabilityZoneId" }),
  VolumeStatus: status,
  Actions: list(
    structure({
      Code: string({ name: "code" }),
      Description: string({ name: "description" }),
      EventType: string({ name: "eventType" }),
    }),
    { name: "actionsSet", item: "item" },
  ),
});

/** A volume is impaired from the first block on that failed its checksum. */
export const describeVolumeStatus: Ec2Operation = operation({
  name: "DescribeVolumeStatus",
  input: {
    VolumeIds: list(string(), { name: "VolumeId" }),
    Filters: filters,
    MaxResults: maxResults,
    NextToken: nextToken,
    // There are none: with and without them it is the same list.
    IncludeManagedResources: boolean(),
  },
  output: {
    VolumeStatuses: list(statusItem, { name: "volumeStatusSet", item: "item" }),
    NextToken: nextTokenOut,
  },
  errors: ["FilterLimitExceeded", "InvalidPaginationToken", "InvalidVolume.NotFound"],
  async handler(input, { volumes, region }) {
    const isImpaired = (volume: VolumeDescription): boolean => volumes.isImpaired(volume);
    const matches = matcherOf(input.Filters, fields(region, isImpaired));
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
    return {
      VolumeStatuses: page.items.map((volume) => statusMember(volume, isImpaired(volume), region)),
      NextToken: page.nextToken,
    };
  },
});

function statusMember(volume: VolumeDescription, impaired: boolean, region: string) {
  const { volumeId, availabilityZone } = volume;
  return {
    VolumeId: volumeId,
    AvailabilityZone: availabilityZone,
    AvailabilityZoneId: zonesOf(region).find(({ name }) => name === availabilityZone)?.id,
    VolumeStatus: {
      Status: statusOf(impaired),
      Details: [
        { Name: "io-enabled", Status: impaired ? "failed" : "passed" },
        { Name: "io-performance", Status: "not-applicable" },
      ],
    },
    Actions: impaired
      ? [
          {
            Code: "enable-volume-io",
            Description: "Enable volume I/O",
            EventType: "potential-data-inconsistency",
          },
        ]
      : [],
  };
}

function statusOf(impaired: boolean): "impaired" | "ok" {
  return impaired ? "impaired" : "ok";
}

function fields(
  region: string,
  isImpaired: (volume: VolumeDescription) => boolean,
): FilterFields<VolumeDescription> {
  const zones = new Map(zonesOf(region).map(({ name, id }) => [name, id]));
  return {
    "availability-zone": ({ availabilityZone }) => [availabilityZone],
    "availability-zone-id": ({ availabilityZone }) => [zones.get(availabilityZone) ?? ""],
    "volume-status.status": (volume) => [statusOf(isImpaired(volume))],
    "volume-status.details-name": () => ["io-enabled", "io-performance"],
    "volume-status.details-status": (volume) => [isImpaired(volume) ? "failed" : "passed"],
  };
}
