import { boolean, integer, string, unsupported } from "@firn/wire";
import type { Ec2Context, Ec2Operation } from "../context.ts";
import { operation } from "../context.ts";
import { invalidCombination, missingParameter, unsupportedFeature } from "../errors.ts";
import { checkSnapshotId } from "../ids.ts";
import { tagSpecifications, tagsForNew } from "../tags.ts";
import { volumeMember, volumeMembers } from "../volume-member.ts";
import { zoneNamed, zoneOfId } from "../zones.ts";

export const createVolume: Ec2Operation = operation({
  name: "CreateVolume",
  input: {
    AvailabilityZone: string(),
    AvailabilityZoneId: string(),
    Size: integer(),
    SnapshotId: string(),
    VolumeType: string(),
    Iops: integer(),
    Throughput: integer(),
    Encrypted: boolean(),
    MultiAttachEnabled: boolean(),
    ClientToken: string({ max: 64 }),
    TagSpecifications: tagSpecifications,
    KmsKeyId: unsupported(),
    OutpostArn: unsupported(),
    VolumeInitializationRate: unsupported(),
    Operator: unsupported(),
  },
  output: volumeMembers,
  errors: [
    "IdempotentParameterMismatch",
    "InvalidParameterCombination",
    "InvalidSnapshot.NotFound",
    "InvalidZone.NotFound",
    "MissingParameter",
    "TagLimitExceeded",
    "UnknownVolumeType",
    "UnsupportedOperation",
  ],
  async handler(input, context) {
    if (input.Encrypted === true) await checkEncryptable(input.SnapshotId, context);
    if (input.MultiAttachEnabled === true) throw unsupportedFeature("Multi-attach is");
    const made = await context.volumes.createVolume({
      sizeGiB: input.Size,
      snapshotId: input.SnapshotId === undefined ? undefined : checkSnapshotId(input.SnapshotId),
      volumeType: input.VolumeType,
      iops: input.Iops,
      throughput: input.Throughput,
      availabilityZone: zoneFrom(input, context),
      tags: tagsForNew("volume", input.TagSpecifications),
      clientToken: input.ClientToken,
    });
    return volumeMember(made, context.region);
  },
});

/** A volume is encrypted when the store is, but for one of a snapshot from before that. */
async function checkEncryptable(
  snapshotId: string | undefined,
  { volumes }: Ec2Context,
): Promise<void> {
  if (!volumes.isEncrypting) throw unsupportedFeature("Encrypted volumes are");
  if (snapshotId === undefined) return;
  const { encrypted } = await volumes.describeSnapshot({ snapshotId: checkSnapshotId(snapshotId) });
  if (!encrypted) throw unsupportedFeature("Encrypted volumes of unencrypted snapshots are");
}

function zoneFrom(
  input: {
    readonly AvailabilityZone?: string | undefined;
    readonly AvailabilityZoneId?: string | undefined;
  },
  { region }: Ec2Context,
): string {
  const { AvailabilityZone: name, AvailabilityZoneId: id } = input;
  if (name !== undefined && id !== undefined) {
    const text = "The parameters AvailabilityZone and AvailabilityZoneId cannot be used together";
    throw invalidCombination(text);
  }
  if (id !== undefined) return zoneOfId(region, id).name;
  if (name === undefined) throw missingParameter("AvailabilityZone");
  return zoneNamed(region, name).name;
}
