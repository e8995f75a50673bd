import type { Tag, Volumes } from "@firn/volumes";
import { list, string, structure } from "@firn/wire";
import type { Ec2Operation } from "../context.ts";
import { operation } from "../context.ts";
import { filters, matcherOf } from "../filters.ts";
import type { FilterFields } from "../filters.ts";
import {
  maxResults,
  nextToken,
  nextTokenOut,
  pageLimit,
  readToken,
  writeToken,
} from "../paging.ts";

export const describeTags: Ec2Operation = operation({
  name: "DescribeTags",
  input: { Filters: filters, MaxResults: maxResults, NextToken: nextToken },
  output: {
    Tags: list(
      structure({
        Key: string({ name: "key" }),
        ResourceId: string({ name: "resourceId" }),
        ResourceType: string({ name: "resourceType" }),
        Value: string({ name: "value" }),
      }),
      { name: "tagSet", item: "item" },
    ),
    NextToken: nextTokenOut,
  },
  errors: ["FilterLimitExceeded", "InvalidPaginationToken"],
  async handler(input, { volumes }) {
    const matches = matcherOf(input.Filters, tagFields, (tag: ResourceTag) => [tag]);
    const limit = pageLimit(input);
    const after = readToken(input.NextToken);
    const found: ResourceTag[] = [];
    let more = false;
    for await (const tag of allTags(volumes, after)) {
      if (!matches(tag)) continue;
      more = found.length === limit;
      if (more) break;
      found.push(tag);
    }
    const last = found.at(-1);
    return {
      Tags: found.map((tag) => ({
        Key: tag.key,
        ResourceId: tag.resourceId,
        ResourceType: tag.resourceType,
        Value: tag.value,
      })),
      NextToken: more && last !== undefined ? writeToken(placeOf(last)) : undefined,
    };
  },
});

interface ResourceTag extends Tag {
  readonly resourceId: string;
  readonly resourceType: "snapshot" | "volume";
}

const tagFields: FilterFields<ResourceTag> = {
  key: ({ key }) => [key],
  "resource-id": ({ resourceId }) => [resourceId],
  "resource-type": ({ resourceType }) => [resourceType],
  value: ({ value }) => [value],
};

/** Where a tag stands in the order of the list: snapshots before volumes, as their ids sort. */
function placeOf({ resourceId, key }: ResourceTag): string {
  return `${resourceId}/${key}`;
}

/** Tags of snapshots, then of volumes, each resource's by key, behind a place. */
async function* allTags(
  volumes: Volumes,
  after: string | undefined,
): AsyncIterableIterator<ResourceTag> {
  const behind = (tag: ResourceTag): boolean => after === undefined || placeOf(tag) > after;
  for await (const { snapshotId, tags } of volumes.describeSnapshots()) {
    yield* tagsOf({ resourceId: snapshotId, resourceType: "snapshot" }, tags).filter(behind);
  }
  for await (const { volumeId, tags } of volumes.describeVolumes()) {
    yield* tagsOf({ resourceId: volumeId, resourceType: "volume" }, tags).filter(behind);
  }
}

function tagsOf(
  resource: Pick<ResourceTag, "resourceId" | "resourceType">,
  tags: readonly Tag[],
): ResourceTag[] {
  const sorted = [...tags].sort((a, b) => (a.key < b.key ? -1 : 1));
  return sorted.map((tag) => ({ ...resource, ...tag }));
}
