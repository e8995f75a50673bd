import { ServiceError } from "@firn/wire";

/** A place within a region. Firn keeps all of them on the same disk. */
export interface Zone {
  /** `us-east-1a`. */
  readonly name: string;
  /** `use1-az1`. */
  readonly id: string;
}

const ZONE_LETTERS: readonly string[] = ["a", "b", "c"];

/** The three zones of a region, whatever its name. */
export function zonesOf(region: string): readonly Zone[] {
  const short = shortNameOf(region);
  return ZONE_LETTERS.map((letter, at) => ({
    name: `${region}${letter}`,
    id: `${short}-az${at + 1}`,
  }));
}

const DIRECTIONS: Readonly<Record<string, string>> = {
  north: "n",
  south: "s",
  east: "e",
  west: "w",
  central: "c",
  northeast: "ne",
  northwest: "nw",
  southeast: "se",
  southwest: "sw",
  gov: "g",
};

/** `use1` of us-east-1, `apne2` of ap-northeast-2. */
function shortNameOf(region: string): string {
  return region
    .split("-")
    .map((part) => DIRECTIONS[part] ?? part)
    .join("");
}

/** @throws InvalidZone.NotFound. */
export function zoneNamed(region: string, name: string): Zone {
  return zoneWhere(region, name, (zone) => zone.name === name);
}

/** @throws InvalidZone.NotFound. */
export function zoneOfId(region: string, id: string): Zone {
  return zoneWhere(region, id, (zone) => zone.id === id);
}

function zoneWhere(region: string, asked: string, matches: (zone: Zone) => boolean): Zone {
  const zone = zonesOf(region).find(matches);
  if (zone !== undefined) return zone;
  const text = `The zone '${asked.slice(0, 64)}' does not exist.`;
  throw new ServiceError("InvalidZone.NotFound", 400, text);
}

/** The regions that AWS opens to every account. */
const COMMON_REGIONS: readonly string[] = [
  "ap-northeast-1",
  "ap-northeast-2",
  "ap-northeast-3",
  "ap-south-1",
  "ap-southeast-1",
  "ap-southeast-2",
  "ca-central-1",
  "eu-central-1",
  "eu-north-1",
  "eu-west-1",
  "eu-west-2",
  "eu-west-3",
  "sa-east-1",
  "us-east-1",
  "us-east-2",
  "us-west-1",
  "us-west-2",
];

/** AWS's regions, and the one that the request itself is for. */
export function regionsFrom(current: string): readonly string[] {
  return COMMON_REGIONS.includes(current) ? COMMON_REGIONS : [...COMMON_REGIONS, current].sort();
}
