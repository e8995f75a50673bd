import { list, string } from "@firn/wire";
import type { Ec2Operation } from "../context.ts";
import { operation } from "../context.ts";
import { done, doneMembers } from "../done.ts";
import { checkResourceId } from "../ids.ts";
import { RESOURCES_MAX, tags } from "../tags.ts";

export const deleteTags: Ec2Operation = operation({
  name: "DeleteTags",
  input: {
    Resources: list(string(), { name: "ResourceId", required: true, min: 1, max: RESOURCES_MAX }),
    Tags: tags,
  },
  output: doneMembers,
  errors: ["InvalidID", "InvalidSnapshot.NotFound", "InvalidVolume.NotFound"],
  async handler(input, { volumes }) {
    await volumes.deleteTags({
      resourceIds: input.Resources.map(checkResourceId),
      // Without a value the tag goes whatever its value is; without tags all of them go.
      tags: input.Tags?.map(({ Key = "", Value }) => ({ key: Key, value: Value })),
    });
    return done;
  },
});
