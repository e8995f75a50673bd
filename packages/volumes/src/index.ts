export { Volumes } from "./volumes.ts";
export type { VolumesOptions } from "./volumes.ts";
export { Volume } from "./volume.ts";
export type { ChangedExtent, VolumeExtent } from "./volume-extents.ts";
export { Listing } from "./listing.ts";
export type { Page, PageOptions } from "./listing.ts";
export { volumeErrors } from "./errors.ts";
export type { VolumeErrorCode } from "./errors.ts";
export { volumeTypes } from "./volume-types.ts";
export type { VolumePerformance, VolumeType } from "./volume-types.ts";
export type { Scope, Tag } from "./catalog.ts";
export type {
  AttachmentDescription,
  ModificationDescription,
  RetentionDescription,
  SnapshotDescription,
  VolumeDescription,
} from "./descriptions.ts";
export type { CreateVolumeOptions } from "./volume-operations.ts";
export type { SetRetentionOptions } from "./volume-history.ts";
export type { MomentOptions } from "./moments.ts";
export type { ModifyVolumeOptions } from "./modify-volume.ts";
export type { AttachVolumeOptions, DetachVolumeOptions } from "./volume-leases.ts";
export type {
  ByteRange,
  ChangedBlocksOptions,
  CreateSnapshotOptions,
  CreateSnapshotsOptions,
} from "./snapshot-operations.ts";
export type { TagRemoval } from "./tags.ts";
export { DirectSnapshots } from "./direct-snapshots.ts";
export type { StartSnapshotOptions } from "./start-snapshot.ts";
export type { PutSnapshotBlockOptions } from "./put-snapshot-block.ts";
export type { CompleteSnapshotOptions } from "./complete-snapshot.ts";
export type { ListSnapshotBlocksOptions, SnapshotBlock } from "./snapshot-blocks.ts";
export { SnapshotAdmin } from "./snapshot-admin.ts";
export { lockStateOf } from "./snapshot-lock.ts";
export type { LockSnapshotOptions, LockState } from "./snapshot-lock.ts";
export type { ShareSnapshotOptions } from "./snapshot-sharing.ts";
export type { CopySnapshotOptions } from "./copy-snapshot.ts";
export { isArchived } from "./snapshot-tier.ts";
export type { RetentionRuleChange, RetentionRuleOptions } from "./recycle-bin.ts";
export type {
  BinRecord,
  BlockPublicAccess,
  FastRestore,
  LockRecord,
  RetentionRule,
  TierRecord,
} from "./catalog.ts";
export type { ObjectHead, ObjectPlace, ObjectUpload, VolumeObjects } from "./volume-objects.ts";
export type { ExportedImage, ExportImageOptions, ImageProgress } from "./image-export.ts";
export type { DiskFormat } from "./image/image-source.ts";
export type { ImportImageOptions } from "./image-import.ts";
export type {
  ExportedSnapshot,
  ExportSnapshotOptions,
  TransferProgress,
} from "./snapshot-export.ts";
export type { ImportSnapshotOptions } from "./snapshot-import.ts";
