export { Archive } from "./archive.ts";
export type { VaultName } from "./archive.ts";
export type { ArchiveOptions } from "./archive-options.ts";
export type { ArchiveCare } from "./archive-care.ts";
export type { ArchiveScope } from "./caller.ts";
export type { ArchiveCreation, UploadArchiveOptions } from "./archives.ts";
export type { RetrievalTier } from "./constants.ts";
export { archiveErrors } from "./errors.ts";
export type { ArchiveErrorCode } from "./errors.ts";
export type { InventoryFormat, InventoryItem } from "./inventory.ts";
export type { InventoryRetrievalParameters } from "./inventory-job.ts";
export type {
  InventoryDescription,
  JobDescription,
  JobOutput,
  ListJobsOptions,
} from "./job-status.ts";
export type { InitiateJobOptions, JobInitiation } from "./jobs.ts";
export type {
  CompleteMultipartUploadOptions,
  InitiateMultipartUploadOptions,
  PartDescription,
  PartsPage,
  UploadDescription,
  UploadMultipartPartOptions,
  UploadName,
} from "./multipart.ts";
export type { JobNotice, NoticeDelivery, SendNotice } from "./notices.ts";
export type { Page, PageOptions, PagedList } from "./paged-list.ts";
export type { ExpeditedCapacity, ProvisionedCapacity } from "./provisioned-capacity.ts";
export type { DataRetrievalPolicy, DataRetrievalRule } from "./retrieval-policy.ts";
export type { Body } from "./stage-archive.ts";
export { TreeHashCombiner, TreeHasher, isTreeHashAligned, treeHashHex } from "./tree-hash.ts";
export type { TreeDigest } from "./tree-hash.ts";
export { checkManifest } from "./vault-manifest.ts";
export type { CheckedManifest, VaultManifest } from "./vault-manifest.ts";
export type { VerifiedArchive } from "./verify-vault.ts";
export type { VaultLock } from "./vault-lock.ts";
export type { Tags, VaultNotificationConfig } from "./vault-settings.ts";
export type { VaultDescription } from "./vaults.ts";
