import type { UsageLine, UsageOptions } from "@firn/core";
import { ArchiveCare } from "./archive-care.ts";
import { deleteArchive, uploadArchive } from "./archives.ts";
import type { ArchiveCreation, UploadArchiveOptions } from "./archives.ts";
import { callerOf } from "./caller.ts";
import type { ArchiveScope } from "./caller.ts";
import type { ArchiveOptions } from "./archive-options.ts";
import { archiveError } from "./errors.ts";
import type { InventoryItem } from "./inventory.ts";
import { listArchives, planInventory } from "./inventory-job.ts";
import type { InventoryRetrievalParameters } from "./inventory-job.ts";
import { describeJob, getJobOutput, listJobs } from "./job-status.ts";
import type { JobDescription, JobOutput, ListJobsOptions } from "./job-status.ts";
import { initiateJob } from "./jobs.ts";
import type { InitiateJobOptions, JobInitiation } from "./jobs.ts";
import {
  abortMultipartUpload,
  completeMultipartUpload,
  initiateMultipartUpload,
  listMultipartUploads,
  listParts,
  uploadMultipartPart,
} from "./multipart.ts";
import type {
  CompleteMultipartUploadOptions,
  InitiateMultipartUploadOptions,
  PartsPage,
  UploadDescription,
  UploadMultipartPartOptions,
  UploadName,
} from "./multipart.ts";
import { NoticeDelivery } from "./notices.ts";
import type { SendNotice } from "./notices.ts";
import { PagedList } from "./paged-list.ts";
import type { PageOptions } from "./paged-list.ts";
import {
  ExpeditedCapacity,
  listProvisionedCapacity,
  purchaseProvisionedCapacity,
} from "./provisioned-capacity.ts";
import type { ProvisionedCapacity } from "./provisioned-capacity.ts";
import { getDataRetrievalPolicy, setDataRetrievalPolicy } from "./retrieval-policy.ts";
import type { DataRetrievalPolicy } from "./retrieval-policy.ts";
import { Sweeper } from "./sweeper.ts";
import { usageOfArchive } from "./usage.ts";
import { viewVault } from "./vault-access.ts";
import type { Session } from "./vault-access.ts";
import {
  abortVaultLock,
  completeVaultLock,
  getVaultLock,
  initiateVaultLock,
} from "./vault-lock.ts";
import type { VaultLock } from "./vault-lock.ts";
import {
  addTagsToVault,
  deleteVaultAccessPolicy,
  deleteVaultNotifications,
  getVaultAccessPolicy,
  getVaultNotifications,
  listTagsForVault,
  removeTagsFromVault,
  setVaultAccessPolicy,
  setVaultNotifications,
} from "./vault-settings.ts";
import type { Tags, VaultNotificationConfig } from "./vault-settings.ts";
import { checkOnDemand } from "./validation.ts";
import { createVault, deleteVault, describeVault, listVaults } from "./vaults.ts";
import type { VaultDescription } from "./vaults.ts";

/** What the engine's views of all scopes have in common. */
interface Shared {
  readonly sweeper: Sweeper;
  delivery: NoticeDelivery | undefined;
}

/** Names a vault. */
export interface VaultName {
  readonly vaultName: string;
}

/**
 * The cold archive: vaults of immutable archives that are read back through timed jobs. What it
 * answers is durable: every call that changes something resolves after fdatasync.
 *
 * Times are milliseconds since 1970 UTC on the store's clock. A job's state follows from that clock
 * alone, so a crash neither loses nor doubles one. An inventory is always up to date (AWS makes one
 * about daily): `describeVault` counts what is there, an inventory job holds what was there when it
 * was started, and `listArchives` tells it without a job.
 */
export class Archive {
  /** Verifies vaults, and lists them signed. */
  readonly care: ArchiveCare = new ArchiveCare(() => this.#open());
  /** Capacity for Expedited retrievals, as another engine asks for it. */
  readonly expedited: ExpeditedCapacity = new ExpeditedCapacity(() => this.#open());
  readonly #session: Session;
  readonly #shared: Shared;

  private constructor(session: Session, shared: Shared) {
    this.#session = session;
    this.#shared = shared;
  }

  /**
   * An engine on an opened store, for account 000000000000 in us-east-1.
   * @throws FIRN_ARCHIVE_PARAMETER_INVALID (expeditedOnDemand).
   */
  static async open({ store, ...options }: ArchiveOptions): Promise<Archive> {
    const { instantRestores = false, expeditedOnDemand } = options;
    checkOnDemand(expeditedOnDemand);
    const root = await store.openKeySpace("archive");
    const sweeper = new Sweeper(store, root);
    const scope = { accountId: "000000000000", region: "us-east-1" };
    const session = { store, root, instantRestores, expeditedOnDemand, ...sessionScope(scope) };
    return new Archive(session, { sweeper, delivery: undefined });
  }

  /** The same engine for another account, region or caller. Costs nothing; closes with this one. */
  in(scope: ArchiveScope): Archive {
    return new Archive({ ...this.#session, ...sessionScope(scope) }, this.#shared);
  }

  /**
   * Makes a vault; one that exists already stays as it is.
   * @throws FIRN_ARCHIVE_PARAMETER_INVALID for a bad name, FIRN_VAULT_LIMIT beyond 1,000.
   */
  async createVault({ vaultName }: VaultName): Promise<{ readonly location: string }> {
    return createVault(this.#open(), vaultName);
  }

  /** @throws FIRN_VAULT_NOT_FOUND. */
  async describeVault({ vaultName }: VaultName): Promise<VaultDescription> {
    return describeVault(this.#open(), vaultName);
  }

  /** Vaults in ASCII order of their names, up to 10 a page; a marker is a vault's ARN. */
  listVaults(options: PageOptions = {}): PagedList<VaultDescription> {
    return new PagedList((page) => listVaults(this.#open(), page), options);
  }

  /**
   * Deletes an empty vault, with its jobs and open uploads.
   * @throws FIRN_VAULT_NOT_EMPTY, FIRN_VAULT_NOT_FOUND, FIRN_LOCK_DENIES.
   */
  async deleteVault({ vaultName }: VaultName): Promise<void> {
    await deleteVault(this.#open(), vaultName);
    // Only room comes back by it; a failure is met again by the next sweep.
    this.#shared.sweeper.sweep().catch(() => undefined);
  }

  /**
   * Stores an archive of 1 byte to 4 GiB as it streams; hashes are checked before it exists.
   * @throws FIRN_TREE_HASH_MISMATCH, FIRN_VAULT_NOT_FOUND, FIRN_ARCHIVE_PARAMETER_INVALID.
   */
  async uploadArchive(options: UploadArchiveOptions): Promise<ArchiveCreation> {
    return uploadArchive(this.#open(), options);
  }

  /**
   * Deletes an archive; one that is deleted already is no error. Jobs that have it keep its bytes.
   * @throws FIRN_ARCHIVE_NOT_FOUND when the id cannot be one, FIRN_LOCK_DENIES.
   */
  async deleteArchive(options: VaultName & { readonly archiveId: string }): Promise<void> {
    return deleteArchive(this.#open(), options);
  }

  /** The archives of a vault as of now, oldest first: the inventory without a job. */
  async *listArchives(
    options: VaultName & InventoryRetrievalParameters,
  ): AsyncGenerator<InventoryItem, void, void> {
    const { vaultName, ...parameters } = options;
    const session = this.#open();
    const plan = planInventory("JSON", parameters);
    const view = session.store.view();
    try {
      const vault = await viewVault(session, view, { vaultName, action: "InitiateJob" });
      yield* listArchives(view, vault.record, plan);
    } finally {
      view.close();
    }
  }

  /**
   * Starts to fetch an archive, a range of it, or an inventory. When it completes is drawn within
   * its tier's window and stored with it.
   * @throws FIRN_ARCHIVE_NOT_FOUND, FIRN_VAULT_NOT_FOUND, FIRN_RETRIEVAL_DENIED,
   *   FIRN_EXPEDITED_UNAVAILABLE, FIRN_SELECT_UNSUPPORTED, FIRN_ARCHIVE_PARAMETER_INVALID (range,
   *   tier, format, dates).
   */
  async initiateJob(options: InitiateJobOptions): Promise<JobInitiation> {
    return initiateJob(this.#open(), options);
  }

  /** @throws FIRN_JOB_NOT_FOUND, also 24 hours after the job completed. */
  async describeJob(options: VaultName & { readonly jobId: string }): Promise<JobDescription> {
    return describeJob(this.#open(), options);
  }

  /** Jobs in the order of their start, up to 50 a page. */
  listJobs(options: ListJobsOptions): PagedList<JobDescription> {
    return new PagedList((page) => listJobs(this.#open(), { ...options, ...page }), options);
  }

  /**
   * What a completed job fetched, or `range` of it ("bytes=first-last").
   * @throws FIRN_JOB_NOT_READY, FIRN_JOB_NOT_FOUND, FIRN_ARCHIVE_PARAMETER_INVALID (range).
   */
  async getJobOutput(
    options: VaultName & { readonly jobId: string; readonly range?: string | undefined },
  ): Promise<JobOutput> {
    return getJobOutput(this.#open(), options);
  }

  /** Begins an archive that comes in parts. @throws FIRN_ARCHIVE_PARAMETER_INVALID (part size). */
  async initiateMultipartUpload(
    options: InitiateMultipartUploadOptions,
  ): Promise<{ readonly uploadId: string; readonly location: string }> {
    return initiateMultipartUpload(this.#open(), options);
  }

  /**
   * Stores one part, in any order; a part sent again replaces the first.
   * @throws FIRN_UPLOAD_NOT_FOUND, FIRN_TREE_HASH_MISMATCH, FIRN_ARCHIVE_PARAMETER_INVALID (range).
   */
  async uploadMultipartPart(
    options: UploadMultipartPartOptions,
  ): Promise<{ readonly checksum: string }> {
    return uploadMultipartPart(this.#open(), options);
  }

  /**
   * Makes the parts one archive; moves no bytes. Repeated within a day, it answers the same.
   * @throws FIRN_UPLOAD_NOT_FOUND, FIRN_TREE_HASH_MISMATCH, FIRN_ARCHIVE_PARAMETER_INVALID (gaps).
   */
  async completeMultipartUpload(options: CompleteMultipartUploadOptions): Promise<ArchiveCreation> {
    return completeMultipartUpload(this.#open(), options);
  }

  /** Drops an upload and its parts. @throws FIRN_UPLOAD_NOT_FOUND, also when it was completed. */
  async abortMultipartUpload(options: UploadName): Promise<void> {
    return abortMultipartUpload(this.#open(), options);
  }

  /**
   * An upload and up to 50 of its parts, in the order of their ranges.
   * @throws FIRN_UPLOAD_NOT_FOUND.
   */
  async listParts(options: UploadName & PageOptions): Promise<PartsPage> {
    return listParts(this.#open(), options);
  }

  /** Open uploads of a vault in the order of their start, up to 50 a page. */
  listMultipartUploads(options: VaultName & PageOptions): PagedList<UploadDescription> {
    return new PagedList(
      (page) => listMultipartUploads(this.#open(), { ...options, ...page }),
      options,
    );
  }

  /** @throws FIRN_TAG_LIMIT beyond 10 tags, FIRN_ARCHIVE_PARAMETER_INVALID. */
  async addTagsToVault(options: VaultName & { readonly tags: Tags }): Promise<void> {
    return addTagsToVault(this.#open(), options);
  }

  async removeTagsFromVault(
    options: VaultName & { readonly tagKeys: readonly string[] },
  ): Promise<void> {
    return removeTagsFromVault(this.#open(), options);
  }

  async listTagsForVault({ vaultName }: VaultName): Promise<Tags> {
    return listTagsForVault(this.#open(), vaultName);
  }

  /**
   * Attaches a policy for 24 hours, to be tried and then completed; it is in force at once.
   * @throws FIRN_LOCK_STATE when there is one, FIRN_ARCHIVE_PARAMETER_INVALID when the policy has
   *   anything that Firn would not enforce.
   */
  async initiateVaultLock(
    options: VaultName & { readonly policy: string },
  ): Promise<{ readonly lockId: string }> {
    return initiateVaultLock(this.#open(), options);
  }

  /** @throws FIRN_LOCK_STATE when the lock is complete. */
  async abortVaultLock(options: VaultName): Promise<void> {
    return abortVaultLock(this.#open(), options);
  }

  /**
   * Makes the lock's policy permanent, for everybody.
   * @throws FIRN_LOCK_NOT_FOUND, FIRN_LOCK_STATE.
   */
  async completeVaultLock(options: VaultName & { readonly lockId: string }): Promise<void> {
    return completeVaultLock(this.#open(), options);
  }

  /** @throws FIRN_LOCK_NOT_FOUND, also when 24 hours went by without completion. */
  async getVaultLock(options: VaultName): Promise<VaultLock> {
    return getVaultLock(this.#open(), options);
  }

  /** What it denies is enforced. @throws FIRN_ARCHIVE_PARAMETER_INVALID as `initiateVaultLock`. */
  async setVaultAccessPolicy(options: VaultName & { readonly policy: string }): Promise<void> {
    return setVaultAccessPolicy(this.#open(), options);
  }

  /** @throws FIRN_POLICY_NOT_FOUND. */
  async getVaultAccessPolicy({ vaultName }: VaultName): Promise<{ readonly policy: string }> {
    return getVaultAccessPolicy(this.#open(), vaultName);
  }

  async deleteVaultAccessPolicy({ vaultName }: VaultName): Promise<void> {
    return deleteVaultAccessPolicy(this.#open(), vaultName);
  }

  async setVaultNotifications(
    options: VaultName & { readonly config: VaultNotificationConfig },
  ): Promise<void> {
    return setVaultNotifications(this.#open(), options);
  }

  /** @throws FIRN_NOTIFICATIONS_NOT_FOUND. */
  async getVaultNotifications({ vaultName }: VaultName): Promise<VaultNotificationConfig> {
    return getVaultNotifications(this.#open(), vaultName);
  }

  async deleteVaultNotifications({ vaultName }: VaultName): Promise<void> {
    return deleteVaultNotifications(this.#open(), vaultName);
  }

  /**
   * Hands out notices of completed jobs, of every account and region, until it is stopped or the
   * engine closes: to the topic that the job named, and to the vault's. At least once, in the order
   * of completion; one whose job is gone (24 hours after its completion) is not sent any more.
   * @throws FIRN_NOTICES_TAKEN while another delivery runs.
   */
  deliver(send: SendNotice): NoticeDelivery {
    const { store, root } = this.#open();
    if (this.#shared.delivery?.isRunning === true) {
      throw archiveError("FIRN_NOTICES_TAKEN", "The notices of jobs are being delivered already");
    }
    const delivery = new NoticeDelivery({ store, root }, send);
    this.#shared.delivery = delivery;
    return delivery;
  }

  /** How much of the Standard tier this account may use in this region; at first, no bound. */
  async getDataRetrievalPolicy(): Promise<DataRetrievalPolicy> {
    return getDataRetrievalPolicy(this.#open());
  }

  async setDataRetrievalPolicy(policy: DataRetrievalPolicy): Promise<void> {
    return setDataRetrievalPolicy(this.#open(), policy);
  }

  /** Buys a unit of Expedited retrievals for a month. @throws FIRN_CAPACITY_LIMIT beyond two. */
  async purchaseProvisionedCapacity(): Promise<{ readonly capacityId: string }> {
    return purchaseProvisionedCapacity(this.#open());
  }

  async listProvisionedCapacity(): Promise<readonly ProvisionedCapacity[]> {
    return listProvisionedCapacity(this.#open());
  }

  /** What all vaults of all accounts and regions keep, and owe for early deletions. */
  async usage(options: UsageOptions): Promise<UsageLine[]> {
    return usageOfArchive(this.#open(), options);
  }

  /** Ends the engine for every scope; the store stays open. Idempotent. */
  async close(): Promise<void> {
    await this.#shared.delivery?.stop();
    await this.#shared.sweeper.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #open(): Session {
    if (this.#shared.sweeper.closed)
      throw archiveError("FIRN_ARCHIVE_CLOSED", "The archive is closed");
    return this.#session;
  }
}

function sessionScope(given: ArchiveScope): Pick<Session, "scope" | "caller"> {
  const caller = callerOf(given);
  const { accountId, region } = given;
  return { scope: { accountId, region, caller: caller.arn }, caller };
}
