import { boolean, list, string, structure, unsupported } from "@firn/wire";
import type { Ec2Context, Ec2Operation } from "../context.ts";
import { operation } from "../context.ts";
import { invalidValue } from "../errors.ts";
import { checkInstanceId, checkVolumeId } from "../ids.ts";
import { DESCRIPTION_MAX, snapshotInfoMembers, snapshotMember } from "../snapshot-member.ts";
import { tagSpecifications, tagsForNew } from "../tags.ts";

/** Volumes of one call (EC2's limit of attachments that it snapshots together). */
const VOLUMES_MAX = 128;

/** Snapshots of all volumes that an instance holds, at one moment: all of them or none. */
export const createSnapshots: Ec2Operation = operation({
  name: "CreateSnapshots",
  input: {
    InstanceSpecification: structure(
      {
        InstanceId: string({ required: true }),
        ExcludeBootVolume: boolean(),
        ExcludeDataVolumeIds: list(string(), { name: "ExcludeDataVolumeId" }),
      },
      { required: true },
    ),
    Description: string({ max: DESCRIPTION_MAX }),
    TagSpecifications: tagSpecifications,
    CopyTagsFromSource: unsupported(),
    Location: string({ values: ["regional"] }),
    OutpostArn: unsupported(),
  },
  output: {
    Snapshots: list(structure(snapshotInfoMembers), { name: "snapshotSet", item: "item" }),
  },
  errors: ["InvalidInstanceID.Malformed", "InvalidVolume.NotFound", "TagLimitExceeded"],
  async handler(input, context) {
    const tags = tagsForNew("snapshot", input.TagSpecifications);
    const volumeIds = await volumesOf(context, input.InstanceSpecification);
    const { Description: description } = input;
    const made = await context.volumes.createSnapshots({ volumeIds, description, tags });
    const nowMs = context.now();
    return { Snapshots: made.map((snapshot) => snapshotMember(snapshot, nowMs)) };
  },
});

interface InstanceSpecification {
  readonly InstanceId: string;
  readonly ExcludeBootVolume?: boolean | undefined;
  readonly ExcludeDataVolumeIds?: readonly string[] | undefined;
}

/** What AWS's images call their boot volume. */
const BOOT_DEVICES: readonly string[] = ["/dev/sda1", "/dev/xvda", "xvda"];

async function volumesOf(
  { volumes }: Ec2Context,
  { InstanceId, ExcludeBootVolume, ExcludeDataVolumeIds = [] }: InstanceSpecification,
): Promise<string[]> {
  const instanceId = checkInstanceId(InstanceId);
  const excluded = new Set(ExcludeDataVolumeIds.map(checkVolumeId));
  const found: string[] = [];
  for await (const { volumeId, attachment } of volumes.describeVolumes()) {
    if (attachment?.instanceId !== instanceId || excluded.has(volumeId)) continue;
    if (ExcludeBootVolume === true && BOOT_DEVICES.includes(attachment.device)) continue;
    found.push(volumeId);
    if (found.length > VOLUMES_MAX) {
      throw invalidValue(`CreateSnapshots takes ${VOLUMES_MAX} volumes at the most.`);
    }
  }
  if (found.length > 0) return found;
  throw invalidValue(`The instance '${instanceId}' holds no volume to take a snapshot of.`);
}
