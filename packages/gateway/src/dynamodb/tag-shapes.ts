import type { Tag } from "@firn/tables";
import { list, string, structure } from "@firn/wire";
import type { Shape } from "@firn/wire";

interface WireTag {
  readonly Key: string;
  readonly Value: string;
}

export const tags: Shape<readonly WireTag[], true> = list(
  structure({
    Key: string({ required: true, min: 1, max: 128 }),
    Value: string({ required: true, min: 0, max: 256 }),
  }),
  { required: true },
);

export const resourceArn: Shape<string, true> = string({ required: true, min: 1, max: 1283 });

export function tagsOf(given: readonly WireTag[]): Tag[] {
  return given.map(({ Key, Value }) => ({ key: Key, value: Value }));
}

export function wireTags(given: readonly Tag[]): WireTag[] {
  return given.map(({ key, value }) => ({ Key: key, Value: value }));
}
