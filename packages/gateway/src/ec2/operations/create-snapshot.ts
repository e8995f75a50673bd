import { string, unsupported } from "@firn/wire";
import type { Ec2Operation } from "../context.ts";
import { operation } from "../context.ts";
import { checkVolumeId } from "../ids.ts";
import { DESCRIPTION_MAX, snapshotMember, snapshotMembers } from "../snapshot-member.ts";
import { tagSpecifications, tagsForNew } from "../tags.ts";

/** The snapshot is complete, and durable, when the answer comes. */
export const createSnapshot: Ec2Operation = operation({
  name: "CreateSnapshot",
  input: {
    VolumeId: string({ required: true }),
    Description: string({ max: DESCRIPTION_MAX }),
    TagSpecifications: tagSpecifications,
    Location: string({ values: ["regional"] }),
    OutpostArn: unsupported(),
  },
  output: snapshotMembers,
  errors: ["InvalidVolume.NotFound", "TagLimitExceeded"],
  async handler(input, { volumes, now }) {
    const snapshot = await volumes.createSnapshot({
      volumeId: checkVolumeId(input.VolumeId),
      description: input.Description,
      tags: tagsForNew("snapshot", input.TagSpecifications),
    });
    return snapshotMember(snapshot, now());
  },
});
