import type { JobDescription } from "@firn/archive";
import { boolean, long, string, structure, timestamp } from "@firn/wire";
import type { Shape } from "@firn/wire";

/** An inventory job's parameters as the API spells them. */
export interface InventoryMember {
  readonly Format?: string | undefined;
  readonly StartDate?: string | undefined;
  readonly EndDate?: string | undefined;
  readonly Limit?: string | undefined;
  readonly Marker?: string | undefined;
}

/** A job as the API spells it. */
export interface JobMember {
  readonly JobId?: string | undefined;
  readonly JobDescription?: string | undefined;
  readonly Action?: string | undefined;
  readonly ArchiveId?: string | undefined;
  readonly VaultARN?: string | undefined;
  readonly CreationDate?: number | undefined;
  readonly Completed?: boolean | undefined;
  readonly StatusCode?: string | undefined;
  readonly StatusMessage?: string | undefined;
  readonly ArchiveSizeInBytes?: number | undefined;
  readonly InventorySizeInBytes?: number | undefined;
  readonly SNSTopic?: string | undefined;
  readonly CompletionDate?: number | undefined;
  readonly SHA256TreeHash?: string | undefined;
  readonly ArchiveSHA256TreeHash?: string | undefined;
  readonly RetrievalByteRange?: string | undefined;
  readonly Tier?: string | undefined;
  readonly InventoryRetrievalParameters?: InventoryMember | undefined;
}

export const jobMembers: {
  readonly [K in keyof JobMember]-?: Shape<NonNullable<JobMember[K]>, false>;
} = {
  JobId: string(),
  JobDescription: string(),
  Action: string(),
  ArchiveId: string(),
  VaultARN: string(),
  CreationDate: timestamp({ format: "iso8601" }),
  Completed: boolean(),
  StatusCode: string(),
  StatusMessage: string(),
  ArchiveSizeInBytes: long(),
  InventorySizeInBytes: long(),
  SNSTopic: string(),
  CompletionDate: timestamp({ format: "iso8601" }),
  SHA256TreeHash: string(),
  ArchiveSHA256TreeHash: string(),
  RetrievalByteRange: string(),
  Tier: string(),
  InventoryRetrievalParameters: structure({
    Format: string(),
    StartDate: string(),
    EndDate: string(),
    Limit: string(),
    Marker: string(),
  }),
};

export const jobDescription: Shape<JobMember, false> = structure(jobMembers);

export function describeJob(job: JobDescription): JobMember {
  const inventory = job.inventoryRetrievalParameters;
  return {
    JobId: job.jobId,
    JobDescription: job.jobDescription,
    Action: job.action,
    ArchiveId: job.archiveId,
    VaultARN: job.vaultArn,
    CreationDate: job.creationDate,
    Completed: job.completed,
    StatusCode: job.statusCode,
    StatusMessage: job.statusMessage,
    ArchiveSizeInBytes: job.archiveSizeInBytes,
    InventorySizeInBytes: job.inventorySizeInBytes,
    SNSTopic: job.snsTopic,
    CompletionDate: job.completionDate,
    SHA256TreeHash: job.sha256TreeHash,
    ArchiveSHA256TreeHash: job.archiveSha256TreeHash,
    RetrievalByteRange: job.retrievalByteRange,
    Tier: job.tier,
    InventoryRetrievalParameters: inventory && {
      Format: inventory.format,
      StartDate: inventory.startDate,
      EndDate: inventory.endDate,
      Limit: inventory.limit?.toString(),
      Marker: inventory.marker,
    },
  };
}
