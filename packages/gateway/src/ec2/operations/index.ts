import type { Ec2Operation } from "../context.ts";
import { attachVolume } from "./attach-volume.ts";
import { copySnapshot } from "./copy-snapshot.ts";
import { createSnapshot } from "./create-snapshot.ts";
import { createSnapshots } from "./create-snapshots.ts";
import { createTags } from "./create-tags.ts";
import { createVolume } from "./create-volume.ts";
import { deleteSnapshot } from "./delete-snapshot.ts";
import { deleteTags } from "./delete-tags.ts";
import { deleteVolume } from "./delete-volume.ts";
import { describeAvailabilityZones } from "./describe-availability-zones.ts";
import { describeFastSnapshotRestores } from "./describe-fast-snapshot-restores.ts";
import { describeInstances } from "./describe-instances.ts";
import { describeLockedSnapshots } from "./describe-locked-snapshots.ts";
import { describeRegions } from "./describe-regions.ts";
import { describeSnapshotAttribute } from "./describe-snapshot-attribute.ts";
import { describeSnapshotTierStatus } from "./describe-snapshot-tier-status.ts";
import { describeSnapshots } from "./describe-snapshots.ts";
import { describeTags } from "./describe-tags.ts";
import { describeVolumeAttribute } from "./describe-volume-attribute.ts";
import { describeVolumeStatus } from "./describe-volume-status.ts";
import { describeVolumes } from "./describe-volumes.ts";
import { describeVolumesModifications } from "./describe-volumes-modifications.ts";
import { detachVolume } from "./detach-volume.ts";
import { disableEbsEncryptionByDefault } from "./disable-ebs-encryption-by-default.ts";
import { disableFastSnapshotRestores } from "./disable-fast-snapshot-restores.ts";
import { disableSnapshotBlockPublicAccess } from "./disable-snapshot-block-public-access.ts";
import { enableEbsEncryptionByDefault } from "./enable-ebs-encryption-by-default.ts";
import { enableFastSnapshotRestores } from "./enable-fast-snapshot-restores.ts";
import { enableSnapshotBlockPublicAccess } from "./enable-snapshot-block-public-access.ts";
import { enableVolumeIo } from "./enable-volume-io.ts";
import { getEbsEncryptionByDefault } from "./get-ebs-encryption-by-default.ts";
import { getSnapshotBlockPublicAccessState } from "./get-snapshot-block-public-access-state.ts";
import { listSnapshotsInRecycleBin } from "./list-snapshots-in-recycle-bin.ts";
import { lockSnapshot } from "./lock-snapshot.ts";
import { modifySnapshotAttribute } from "./modify-snapshot-attribute.ts";
import { modifySnapshotTier } from "./modify-snapshot-tier.ts";
import { modifyVolume } from "./modify-volume.ts";
import { modifyVolumeAttribute } from "./modify-volume-attribute.ts";
import { resetSnapshotAttribute } from "./reset-snapshot-attribute.ts";
import { restoreSnapshotFromRecycleBin } from "./restore-snapshot-from-recycle-bin.ts";
import { restoreSnapshotTier } from "./restore-snapshot-tier.ts";
import { unlockSnapshot } from "./unlock-snapshot.ts";

/** The actions for volumes and snapshots, and what tools ask before they use them. */
export const ec2Operations: readonly Ec2Operation[] = [
  attachVolume,
  copySnapshot,
  createSnapshot,
  createSnapshots,
  createTags,
  createVolume,
  deleteSnapshot,
  deleteTags,
  deleteVolume,
  describeAvailabilityZones,
  describeFastSnapshotRestores,
  describeInstances,
  describeLockedSnapshots,
  describeRegions,
  describeSnapshotAttribute,
  describeSnapshotTierStatus,
  describeSnapshots,
  describeTags,
  describeVolumeAttribute,
  describeVolumeStatus,
  describeVolumes,
  describeVolumesModifications,
  detachVolume,
  disableEbsEncryptionByDefault,
  disableFastSnapshotRestores,
  disableSnapshotBlockPublicAccess,
  enableEbsEncryptionByDefault,
  enableFastSnapshotRestores,
  enableSnapshotBlockPublicAccess,
  enableVolumeIo,
  getEbsEncryptionByDefault,
  getSnapshotBlockPublicAccessState,
  listSnapshotsInRecycleBin,
  lockSnapshot,
  modifySnapshotAttribute,
  modifySnapshotTier,
  modifyVolume,
  modifyVolumeAttribute,
  resetSnapshotAttribute,
  restoreSnapshotFromRecycleBin,
  restoreSnapshotTier,
  unlockSnapshot,
];
