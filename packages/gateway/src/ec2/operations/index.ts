import type { Ec2Operation } from "../context.ts";
import { attachVolume } from "./attach-volume.ts";
import { createSnapshot } from "./create-snapshot.ts";
import { createSnapshots } from "./create-snapshots.ts";
import { createTags } from "./create-tags.ts";
import { createVolume } from "./create-volume.ts";
import { deleteSnapshot } from "./delete-snapshot.ts";
import { deleteTags } from "./delete-tags.ts";
import { deleteVolume } from "./delete-volume.ts";
import { describeAvailabilityZones } from "./describe-availability-zones.ts";
import { describeRegions } from "./describe-regions.ts";
import { describeSnapshots } from "./describe-snapshots.ts";
import { describeTags } from "./describe-tags.ts";
import { describeVolumesModifications } from "./describe-volumes-modifications.ts";
import { describeVolumes } from "./describe-volumes.ts";
import { detachVolume } from "./detach-volume.ts";
import { modifyVolume } from "./modify-volume.ts";

/** The actions for volumes and snapshots, and what tools ask before they use them. */
export const ec2Operations: readonly Ec2Operation[] = [
  attachVolume,
  createSnapshot,
  createSnapshots,
  createTags,
  createVolume,
  deleteSnapshot,
  deleteTags,
  deleteVolume,
  describeAvailabilityZones,
  describeRegions,
  describeSnapshots,
  describeTags,
  describeVolumesModifications,
  describeVolumes,
  detachVolume,
  modifyVolume,
];
