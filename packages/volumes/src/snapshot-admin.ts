/** What is done with snapshots beside taking, reading and deleting them. */
import type { BlockPublicAccess, RetentionRule, SnapshotRecord } from "./catalog.ts";
import { changeSnapshot } from "./change-snapshot.ts";
import { copySnapshot, type CopySnapshotOptions } from "./copy-snapshot.ts";
import { describeSnapshot, type SnapshotDescription } from "./descriptions.ts";
import { checkCompleted, type EngineContext } from "./engine-context.ts";
import type { Listing } from "./listing.ts";
import { exportImage, type ExportedImage, type ExportImageOptions } from "./image-export.ts";
import { importImage, type ImportImageOptions } from "./image-import.ts";
import {
  deleteRule,
  putRule,
  restoreFromBin,
  ruleNotFound,
  type RetentionRuleChange,
  type RetentionRuleOptions,
} from "./recycle-bin.ts";
import {
  exportSnapshot,
  type ExportedSnapshot,
  type ExportSnapshotOptions,
} from "./snapshot-export.ts";
import { importSnapshot, type ImportSnapshotOptions } from "./snapshot-import.ts";
import { lockSnapshot, unlockSnapshot, type LockSnapshotOptions } from "./snapshot-lock.ts";
import {
  blockPublicAccessOf,
  setBlockPublicAccess,
  shareSnapshot,
  type ShareSnapshotOptions,
} from "./snapshot-sharing.ts";
import { archiveSnapshot, restoreSnapshot } from "./snapshot-tier.ts";

/** Everything here is `committed`. */
export class SnapshotAdmin {
  readonly #context: EngineContext;

  /** Made by `Volumes`. */
  constructor(context: EngineContext) {
    this.#context = context;
  }

  /**
   * A snapshot of one's own with the same content, from another region or a shared one. O(1).
   * @throws FIRN_SNAPSHOT_NOT_FOUND, FIRN_SNAPSHOT_STATE, FIRN_SNAPSHOT_TIER,
   * FIRN_VOLUME_TAG_LIMIT.
   */
  copy(options: CopySnapshotOptions): Promise<SnapshotDescription> {
    return copySnapshot(this.#context, options);
  }

  /**
   * Writes a snapshot to a bucket of the account: objects of 8 MiB and a manifest. Resumable.
   * @throws FIRN_SNAPSHOT_NOT_FOUND, FIRN_SNAPSHOT_STATE, FIRN_SNAPSHOT_TIER,
   * FIRN_SNAPSHOT_EXPORT, what the object store throws.
   */
  export(options: ExportSnapshotOptions): Promise<ExportedSnapshot> {
    return exportSnapshot(this.#context, options);
  }

  /**
   * Makes a snapshot of an export, each block verified. Resumable.
   * @throws FIRN_SNAPSHOT_EXPORT, FIRN_SNAPSHOT_CHECKSUM, what the object store throws.
   */
  import(options: ImportSnapshotOptions): Promise<SnapshotDescription> {
    return importSnapshot(this.#context, options);
  }

  /**
   * Writes a snapshot to a bucket as one object, of raw bytes or qcow2. Resumable.
   * @throws FIRN_SNAPSHOT_NOT_FOUND, FIRN_SNAPSHOT_STATE, FIRN_SNAPSHOT_EXPORT.
   */
  exportImage(options: ExportImageOptions): Promise<ExportedImage> {
    return exportImage(this.#context, options);
  }

  /** Makes a snapshot of a raw disk or a qcow2 file. Resumable. @throws FIRN_SNAPSHOT_EXPORT. */
  importImage(options: ImportImageOptions): Promise<SnapshotDescription> {
    return importImage(this.#context, options);
  }

  /**
   * Changes who else may use a snapshot.
   * @throws FIRN_SNAPSHOT_NOT_FOUND, FIRN_SNAPSHOT_SHARING, FIRN_VOLUME_PARAMETER.
   */
  share(options: ShareSnapshotOptions): Promise<SnapshotDescription> {
    return shareSnapshot(this.#context, options);
  }

  /** What may be shared with everybody. */
  blockPublicAccess(): Promise<BlockPublicAccess> {
    return blockPublicAccessOf(this.#context);
  }

  setBlockPublicAccess(state: BlockPublicAccess): Promise<void> {
    return setBlockPublicAccess(this.#context, state);
  }

  /**
   * Keeps a snapshot from being deleted, or changes how it is kept.
   * @throws FIRN_SNAPSHOT_NOT_FOUND, FIRN_SNAPSHOT_LOCKED, FIRN_VOLUME_PARAMETER,
   * FIRN_VOLUME_PARAMETER_COMBINATION.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_LockSnapshot.html
   */
  lock(options: LockSnapshotOptions): Promise<SnapshotDescription> {
    return lockSnapshot(this.#context, options);
  }

  /** @throws FIRN_SNAPSHOT_NOT_FOUND, FIRN_SNAPSHOT_LOCKED, FIRN_SNAPSHOT_STATE. */
  unlock(options: { readonly snapshotId: string }): Promise<SnapshotDescription> {
    return unlockSnapshot(this.#context, options.snapshotId);
  }

  /** Puts a snapshot out of reach until it is restored. @throws …_NOT_FOUND, …_STATE, …_TIER. */
  archive(options: { readonly snapshotId: string }): Promise<SnapshotDescription> {
    return archiveSnapshot(this.#context, options.snapshotId);
  }

  /**
   * Brings a snapshot back from the archive in 24 hours, for `days` (1 to 180) or for good.
   * @throws FIRN_SNAPSHOT_NOT_FOUND, FIRN_SNAPSHOT_TIER, FIRN_VOLUME_PARAMETER.
   */
  restore(options: {
    readonly snapshotId: string;
    readonly days?: number | undefined;
  }): Promise<SnapshotDescription> {
    return restoreSnapshot(this.#context, options.snapshotId, options.days);
  }

  /** Notes fast restore in a zone; volumes of every snapshot are quick at once. */
  enableFastRestore(options: {
    readonly snapshotId: string;
    readonly availabilityZone: string;
  }): Promise<SnapshotDescription> {
    const { snapshotId, availabilityZone } = options;
    return changeSnapshot(this.#context, snapshotId, (record, nowMs) => {
      checkCompleted(record);
      const { fastRestores = [] } = record;
      if (fastRestores.some((one) => one.availabilityZone === availabilityZone)) return record;
      const enabled = { availabilityZone, enabledTime: nowMs };
      return { ...record, fastRestores: [...fastRestores, enabled] };
    });
  }

  disableFastRestore(options: {
    readonly snapshotId: string;
    readonly availabilityZone: string;
  }): Promise<SnapshotDescription> {
    const { snapshotId, availabilityZone } = options;
    return changeSnapshot(this.#context, snapshotId, ({ fastRestores = [], ...record }) => {
      const kept = fastRestores.filter((one) => one.availabilityZone !== availabilityZone);
      return { ...record, fastRestores: kept };
    });
  }

  /** Snapshots in the recycle bin, in the order of their ids. */
  bin(): Listing<SnapshotDescription> {
    return this.#context.list<SnapshotRecord, SnapshotDescription>("binned", {
      describe: (record) => describeSnapshot(record, this.#context.scope.accountId),
      idOf: ({ snapshotId }) => snapshotId,
    });
  }

  /** Takes a snapshot out of the recycle bin. @throws FIRN_SNAPSHOT_NOT_FOUND. */
  restoreFromBin(options: { readonly snapshotId: string }): Promise<SnapshotDescription> {
    return restoreFromBin(this.#context, options.snapshotId);
  }

  /** From now on deleted snapshots that it fits go to the bin. @throws FIRN_RULE_LIMIT, …. */
  createRule(options: RetentionRuleOptions): Promise<RetentionRule> {
    return putRule(this.#context, undefined, options);
  }

  /** @throws FIRN_RULE_NOT_FOUND, FIRN_VOLUME_PARAMETER…. */
  updateRule(ruleId: string, options: RetentionRuleChange): Promise<RetentionRule> {
    return putRule(this.#context, ruleId, options);
  }

  /** What is in the bin already stays as long as it was told. @throws FIRN_RULE_NOT_FOUND. */
  deleteRule(options: { readonly ruleId: string }): Promise<void> {
    return deleteRule(this.#context, options.ruleId);
  }

  /** @throws FIRN_RULE_NOT_FOUND. */
  async rule(options: { readonly ruleId: string }): Promise<RetentionRule> {
    const rule = await this.#context.find<RetentionRule>("rule", options.ruleId);
    if (rule === undefined) throw ruleNotFound(options.ruleId);
    return rule;
  }

  /** All rules, in the order of their ids. */
  rules(): Listing<RetentionRule> {
    return this.#context.list<RetentionRule, RetentionRule>("rule", {
      describe: (rule) => rule,
      idOf: ({ ruleId }) => ruleId,
    });
  }
}
