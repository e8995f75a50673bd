import type { Tag } from "@firn/volumes";
import { list, string, structure } from "@firn/wire";
import type { Shape } from "@firn/wire";
import { invalidValue } from "./errors.ts";

export interface WireTag {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

export interface TagSpecification {
  readonly ResourceType?: string | undefined;
  readonly Tags?: readonly WireTag[] | undefined;
}

const wireTag: Shape<WireTag, false> = structure({ Key: string(), Value: string() });

/** Resources of one call (EC2). */
export const RESOURCES_MAX = 1000;

/** `Tag.1.Key=…&Tag.1.Value=…`. */
export const tags: Shape<readonly WireTag[], false> = list(wireTag, { name: "Tag" });
export const requiredTags: Shape<readonly WireTag[], true> = list(wireTag, {
  name: "Tag",
  required: true,
});

export const tagSpecifications: Shape<readonly TagSpecification[], false> = list(
  structure({ ResourceType: string(), Tags: tags }),
  { name: "TagSpecification" },
);

export const tagSetOut: Shape<readonly WireTag[], false> = list(
  structure({ Key: string({ name: "key" }), Value: string({ name: "value" }) }),
  { name: "tagSet", item: "item" },
);

export function wireTags(of: readonly Tag[]): readonly WireTag[] | undefined {
  if (of.length === 0) return undefined;
  return of.map(({ key, value }) => ({ Key: key, Value: value }));
}

/** Tags to set: an absent value is the empty one. @throws InvalidParameterValue on a key twice. */
export function tagsFrom(given: readonly WireTag[]): Tag[] {
  const keys = new Set<string>();
  return given.map(({ Key = "", Value = "" }) => {
    if (Key === "") throw invalidValue("Tag key cannot be empty");
    if (keys.has(Key)) throw invalidValue(`Duplicate tag key '${Key}' specified.`);
    keys.add(Key);
    return { key: Key, value: Value };
  });
}

/** Tags for a resource of `type`, which the action makes. @throws InvalidParameterValue. */
export function tagsForNew(
  type: "volume" | "snapshot",
  specifications: readonly TagSpecification[] | undefined,
): Tag[] {
  const given = (specifications ?? []).flatMap(({ ResourceType, Tags = [] }) => {
    if (ResourceType === undefined) {
      throw invalidValue("Tag specification resource type must have a value");
    }
    if (ResourceType !== type) {
      const text = `'${ResourceType}' is not a valid taggable resource type for this operation.`;
      throw invalidValue(text);
    }
    if (Tags.length === 0) throw invalidValue("Tag specification must have at least one tag");
    return Tags;
  });
  return tagsFrom(given);
}
