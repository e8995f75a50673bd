import { invalidParameters } from "../errors.ts";
import { Projection } from "../expression/projection.ts";
import type { LegacyProjected } from "./legacy-requests.ts";

/** AttributesToGet as a projection, if it is given. @throws FIRN_TABLE_REQUEST_INVALID. */
export function attributesProjection({ attributesToGet }: LegacyProjected): Projection | undefined {
  if (attributesToGet === undefined) return undefined;
  const seen = new Set<string>();
  for (const name of attributesToGet) {
    if (seen.has(name)) {
      throw invalidParameters(`Duplicate value in attribute name: ${name}`);
    }
    seen.add(name);
  }
  return new Projection(attributesToGet.map((name) => [name]));
}
