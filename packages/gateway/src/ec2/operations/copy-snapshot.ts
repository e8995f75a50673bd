import { boolean, string, unsupported } from "@firn/wire";
import type { Ec2Operation } from "../context.ts";
import { operation } from "../context.ts";
import { invalidCombination, unsupportedFeature } from "../errors.ts";
import { checkSnapshotId } from "../ids.ts";
import { DESCRIPTION_MAX } from "../snapshot-member.ts";
import { tagSetOut, tagSpecifications, tagsForNew, wireTags } from "../tags.ts";

/** A copy in the region that is asked, of a snapshot in any region. */
export const copySnapshot: Ec2Operation = operation({
  name: "CopySnapshot",
  input: {
    SourceRegion: string({ required: true }),
    SourceSnapshotId: string({ required: true }),
    Description: string({ max: DESCRIPTION_MAX }),
    DestinationRegion: string(),
    // SDKs send it unasked: with AWS it lets the one region speak for the caller to the other.
    PresignedUrl: string(),
    Encrypted: boolean(),
    TagSpecifications: tagSpecifications,
    KmsKeyId: unsupported(),
    DestinationOutpostArn: unsupported(),
    DestinationAvailabilityZone: unsupported(),
    CompletionDurationMinutes: unsupported(),
  },
  output: { SnapshotId: string({ name: "snapshotId" }), Tags: tagSetOut },
  errors: [
    "IncorrectState",
    "InvalidParameterCombination",
    "InvalidSnapshot.NotFound",
    "TagLimitExceeded",
    "UnsupportedOperation",
  ],
  async handler(input, { volumes, region, caller }) {
    const { DestinationRegion = region } = input;
    if (DestinationRegion !== region) {
      const text = `The destination region is ${region}, which the request was sent to.`;
      throw invalidCombination(text);
    }
    if (input.Encrypted === true) {
      const source = volumes.in({ accountId: caller.accountId, region: input.SourceRegion });
      const snapshotId = checkSnapshotId(input.SourceSnapshotId);
      const { encrypted } = await source.describeSnapshot({ snapshotId });
      // The copy shares the blocks of its source, as they are.
      if (!encrypted) throw unsupportedFeature("Encrypted copies of unencrypted snapshots are");
    }
    const copy = await volumes.snapshots.copy({
      snapshotId: checkSnapshotId(input.SourceSnapshotId),
      sourceRegion: input.SourceRegion,
      description: input.Description,
      tags: tagsForNew("snapshot", input.TagSpecifications),
    });
    return { SnapshotId: copy.snapshotId, Tags: wireTags(copy.tags) };
  },
});
