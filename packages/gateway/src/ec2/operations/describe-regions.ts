import { ServiceError, boolean, list, string, structure } from "@firn/wire";
import type { Ec2Operation } from "../context.ts";
import { operation } from "../context.ts";
import { filters, matcherOf } from "../filters.ts";
import { regionsFrom } from "../zones.ts";

export const describeRegions: Ec2Operation = operation({
  name: "DescribeRegions",
  input: {
    RegionNames: list(string(), { name: "RegionName" }),
    // Every region is open to everybody: with and without it it is the same list.
    AllRegions: boolean(),
    Filters: filters,
  },
  output: {
    Regions: list(
      structure({
        OptInStatus: string({ name: "optInStatus" }),
        RegionName: string({ name: "regionName" }),
        Endpoint: string({ name: "regionEndpoint" }),
      }),
      { name: "regionInfo", item: "item" },
    ),
  },
  errors: ["FilterLimitExceeded", "InvalidParameterValue"],
  handler({ RegionNames = [], Filters }, { region, raw }) {
    const regions = regionsFrom(region);
    const strangers = RegionNames.filter((name) => !regions.includes(name));
    if (strangers.length > 0) {
      const text = `Invalid region(s) provided: ${strangers.join(", ").slice(0, 200)}`;
      throw new ServiceError("InvalidParameterValue", 400, text);
    }
    const matches = matcherOf(Filters, {
      // One endpoint serves them all.
      endpoint: () => [raw.host],
      "opt-in-status": () => ["opt-in-not-required"],
      "region-name": (name: string) => [name],
    });
    return {
      Regions: regions
        .filter((name) => RegionNames.length === 0 || RegionNames.includes(name))
        .filter(matches)
        .map((name) => ({
          OptInStatus: "opt-in-not-required",
          RegionName: name,
          Endpoint: raw.host,
        })),
    };
  },
});
