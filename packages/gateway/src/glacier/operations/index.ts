import type { GlacierOperation } from "../context.ts";
import { abortMultipartUpload } from "./abort-multipart-upload.ts";
import { abortVaultLock } from "./abort-vault-lock.ts";
import { addTagsToVault } from "./add-tags-to-vault.ts";
import { completeMultipartUpload } from "./complete-multipart-upload.ts";
import { completeVaultLock } from "./complete-vault-lock.ts";
import { createVault } from "./create-vault.ts";
import { deleteArchive } from "./delete-archive.ts";
import { deleteVault } from "./delete-vault.ts";
import { deleteVaultAccessPolicy } from "./delete-vault-access-policy.ts";
import { deleteVaultNotifications } from "./delete-vault-notifications.ts";
import { describeJob } from "./describe-job.ts";
import { describeVault } from "./describe-vault.ts";
import { getDataRetrievalPolicy } from "./get-data-retrieval-policy.ts";
import { getJobOutput } from "./get-job-output.ts";
import { getVaultAccessPolicy } from "./get-vault-access-policy.ts";
import { getVaultLock } from "./get-vault-lock.ts";
import { getVaultNotifications } from "./get-vault-notifications.ts";
import { initiateJob } from "./initiate-job.ts";
import { initiateMultipartUpload } from "./initiate-multipart-upload.ts";
import { initiateVaultLock } from "./initiate-vault-lock.ts";
import { listJobs } from "./list-jobs.ts";
import { listMultipartUploads } from "./list-multipart-uploads.ts";
import { listParts } from "./list-parts.ts";
import { listProvisionedCapacity } from "./list-provisioned-capacity.ts";
import { listTagsForVault } from "./list-tags-for-vault.ts";
import { listVaults } from "./list-vaults.ts";
import { purchaseProvisionedCapacity } from "./purchase-provisioned-capacity.ts";
import { removeTagsFromVault } from "./remove-tags-from-vault.ts";
import { setDataRetrievalPolicy } from "./set-data-retrieval-policy.ts";
import { setVaultAccessPolicy } from "./set-vault-access-policy.ts";
import { setVaultNotifications } from "./set-vault-notifications.ts";
import { uploadArchive } from "./upload-archive.ts";
import { uploadMultipartPart } from "./upload-multipart-part.ts";

/** All of the API. */
export const glacierOperations: readonly GlacierOperation[] = [
  abortMultipartUpload,
  abortVaultLock,
  addTagsToVault,
  completeMultipartUpload,
  completeVaultLock,
  createVault,
  deleteArchive,
  deleteVault,
  deleteVaultAccessPolicy,
  deleteVaultNotifications,
  describeJob,
  describeVault,
  getDataRetrievalPolicy,
  getJobOutput,
  getVaultAccessPolicy,
  getVaultLock,
  getVaultNotifications,
  initiateJob,
  initiateMultipartUpload,
  initiateVaultLock,
  listJobs,
  listMultipartUploads,
  listParts,
  listProvisionedCapacity,
  listTagsForVault,
  listVaults,
  purchaseProvisionedCapacity,
  removeTagsFromVault,
  setDataRetrievalPolicy,
  setVaultAccessPolicy,
  setVaultNotifications,
  uploadArchive,
  uploadMultipartPart,
];
