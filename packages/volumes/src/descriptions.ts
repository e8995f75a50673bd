/** What the engine tells about volumes and snapshots. */
import {
  performanceOf,
  type BinRecord,
  type FastRestore,
  type LockRecord,
  type TierRecord,
  type SnapshotRecord,
  type Tag,
  type VolumeRecord,
} from "./catalog.ts";
import { fromTimeOf } from "./history-record.ts";
import type { VolumePerformance } from "./volume-types.ts";

export interface AttachmentDescription {
  readonly volumeId: string;
  readonly instanceId: string;
  readonly device: string;
  /** Milliseconds since 1970 UTC. */
  readonly attachTime: number;
  /** Counts the leases of the volume. */
  readonly generation: number;
}

export interface ModificationDescription {
  readonly volumeId: string;
  readonly target: VolumePerformance;
  readonly original: VolumePerformance;
  /** Milliseconds since 1970 UTC; a modification takes effect at once. */
  readonly time: number;
}

/** What is kept of a volume's past. */
export interface RetentionDescription {
  /** At the least. */
  readonly seconds: number;
  /** Moments from this one on can be read: milliseconds since 1970 UTC. */
  readonly fromTime: number;
}

export interface VolumeDescription extends VolumePerformance {
  readonly volumeId: string;
  /** `in-use` while attached. */
  readonly state: "available" | "in-use";
  readonly availabilityZone: string;
  /** Milliseconds since 1970 UTC. */
  readonly createTime: number;
  /** Snapshot that it was made from. */
  readonly snapshotId: string | undefined;
  readonly tags: readonly Tag[];
  readonly attachment: AttachmentDescription | undefined;
  readonly modification: ModificationDescription | undefined;
  /** All of its blocks are encrypted on the disk. */
  readonly encrypted: boolean;
  /** EC2's attribute: nobody has to call `enableIo` after damage. */
  readonly autoEnableIo: boolean;
  /** `undefined` when nothing of its past is kept. */
  readonly retention: RetentionDescription | undefined;
}

export interface SnapshotDescription {
  readonly snapshotId: string;
  /** The volume that it was taken of, which may be gone. */
  readonly volumeId: string;
  /** GiB of the volume when it was taken. */
  readonly sizeGiB: number;
  /**
   * `completed` when `createSnapshot` resolves; one that is uploaded is `pending` until all of its
   * blocks are there, or `error` when its client stayed away.
   */
  readonly state: "pending" | "completed" | "error";
  /** Milliseconds since 1970 UTC. */
  readonly startTime: number;
  /** Milliseconds since 1970 UTC; `undefined` until it is complete. */
  readonly completionTime: number | undefined;
  /** The snapshot that an uploaded one builds on. */
  readonly parentSnapshotId: string | undefined;
  readonly description: string;
  readonly tags: readonly Tag[];
  /** All of its blocks are encrypted on the disk. */
  readonly encrypted: boolean;
  /** 12 digits. */
  readonly ownerId: string;
  /** Accounts that may make volumes of it; `all` is everybody. */
  readonly sharedWith: readonly string[];
  readonly lock: LockRecord | undefined;
  readonly fastRestores: readonly FastRestore[];
  readonly tier: TierRecord | undefined;
  /** Of one that is in the recycle bin. */
  readonly bin: BinRecord | undefined;
}

export function describeVolume(record: VolumeRecord): VolumeDescription {
  const { volumeId, attachment, modification, history } = record;
  return {
    ...performanceOf(record.performance),
    volumeId,
    state: attachment === null ? "available" : "in-use",
    availabilityZone: record.availabilityZone,
    createTime: record.createTime,
    snapshotId: record.snapshotId === "" ? undefined : record.snapshotId,
    tags: record.tags,
    encrypted: record.encrypted ?? false,
    autoEnableIo: record.autoEnableIo ?? false,
    retention: history && { seconds: history.ms / 1000, fromTime: fromTimeOf(history) },
    attachment: attachment === null ? undefined : { ...attachment, volumeId },
    modification:
      modification === null
        ? undefined
        : {
            volumeId,
            target: performanceOf(modification.target),
            original: performanceOf(modification.original),
            time: modification.time,
          },
  };
}

export function describeSnapshot(record: SnapshotRecord, ownerId: string): SnapshotDescription {
  const { snapshotId, volumeId, sizeGiB, startTime, description, tags, upload, uploaded } = record;
  const parent = upload?.parentSnapshotId ?? uploaded?.parentSnapshotId ?? "";
  return {
    snapshotId,
    volumeId,
    sizeGiB,
    state: stateOfSnapshot(record),
    startTime,
    completionTime: upload === undefined ? (uploaded?.completionTime ?? startTime) : undefined,
    parentSnapshotId: parent === "" ? undefined : parent,
    description,
    tags,
    encrypted: record.encrypted ?? false,
    ownerId,
    sharedWith: record.sharedWith ?? [],
    lock: record.lock,
    fastRestores: record.fastRestores ?? [],
    tier: record.tier,
    bin: record.binned,
  };
}

function stateOfSnapshot({ upload }: SnapshotRecord): SnapshotDescription["state"] {
  if (upload === undefined) return "completed";
  return upload.failed ? "error" : "pending";
}
