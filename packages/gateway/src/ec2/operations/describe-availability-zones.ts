import { boolean, list, string, structure } from "@firn/wire";
import type { Ec2Operation } from "../context.ts";
import { operation } from "../context.ts";
import { filters, matcherOf } from "../filters.ts";
import type { FilterFields } from "../filters.ts";
import { zoneNamed, zoneOfId, zonesOf } from "../zones.ts";
import type { Zone } from "../zones.ts";

export const describeAvailabilityZones: Ec2Operation = operation({
  name: "DescribeAvailabilityZones",
  input: {
    ZoneNames: list(string(), { name: "ZoneName" }),
    ZoneIds: list(string(), { name: "ZoneId" }),
    // Every zone is open to everybody: with and without it it is the same list.
    AllAvailabilityZones: boolean(),
    Filters: filters,
  },
  output: {
    AvailabilityZones: list(
      structure({
        OptInStatus: string({ name: "optInStatus" }),
        RegionName: string({ name: "regionName" }),
        ZoneName: string({ name: "zoneName" }),
        ZoneId: string({ name: "zoneId" }),
        GroupName: string({ name: "groupName" }),
        NetworkBorderGroup: string({ name: "networkBorderGroup" }),
        ZoneType: string({ name: "zoneType" }),
        State: string({ name: "zoneState" }),
      }),
      { name: "availabilityZoneInfo", item: "item" },
    ),
  },
  errors: ["FilterLimitExceeded", "InvalidZone.NotFound"],
  handler({ ZoneNames = [], ZoneIds = [], Filters }, { region }) {
    const named = [
      ...ZoneNames.map((name) => zoneNamed(region, name).name),
      ...ZoneIds.map((id) => zoneOfId(region, id).name),
    ];
    const matches = matcherOf(Filters, fieldsOf(region));
    const zones = zonesOf(region)
      .filter(({ name }) => named.length === 0 || named.includes(name))
      .filter(matches);
    return {
      AvailabilityZones: zones.map(({ name, id }) => ({
        OptInStatus: "opt-in-not-required",
        RegionName: region,
        ZoneName: name,
        ZoneId: id,
        GroupName: region,
        NetworkBorderGroup: region,
        ZoneType: "availability-zone",
        State: "available",
      })),
    };
  },
});

function fieldsOf(region: string): FilterFields<Zone> {
  return {
    "group-name": () => [region],
    "network-border-group": () => [region],
    "opt-in-status": () => ["opt-in-not-required"],
    "region-name": () => [region],
    state: () => ["available"],
    "zone-id": ({ id }) => [id],
    "zone-name": ({ name }) => [name],
    "zone-type": () => ["availability-zone"],
  };
}
