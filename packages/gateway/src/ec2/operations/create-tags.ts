import { list, string } from "@firn/wire";
import type { Ec2Operation } from "../context.ts";
import { operation } from "../context.ts";
import { done, doneMembers } from "../done.ts";
import { checkResourceId } from "../ids.ts";
import { RESOURCES_MAX, requiredTags, tagsFrom } from "../tags.ts";

export const createTags: Ec2Operation = operation({
  name: "CreateTags",
  input: {
    Resources: list(string(), { name: "ResourceId", required: true, min: 1, max: RESOURCES_MAX }),
    Tags: requiredTags,
  },
  output: doneMembers,
  errors: ["InvalidID", "InvalidSnapshot.NotFound", "InvalidVolume.NotFound", "TagLimitExceeded"],
  async handler(input, { volumes }) {
    const resourceIds = input.Resources.map(checkResourceId);
    await volumes.createTags({ resourceIds, tags: tagsFrom(input.Tags) });
    return done;
  },
});
