import { formatRange, parseOutputRange } from "./byte-range.ts";
import type { ByteRange } from "./byte-range.ts";
import { JOB_ID_CHARS, JOB_KEPT_MS, PAGE_MAX } from "./constants.ts";
import { hashContent, readContent } from "./content.ts";
import { archiveError, invalid } from "./errors.ts";
import { isIdText } from "./identifiers.ts";
import type { Page, PageOptions } from "./paged-list.ts";
import { vaultKeys, within } from "./records.ts";
import type { ArchiveJobRecord, Content, InventoryJobRecord, JobRecord } from "./records.ts";
import { isTreeHashAligned, toHex } from "./tree-hash.ts";
import { checkLimit } from "./validation.ts";
import { readVault } from "./vault-access.ts";
import type { Session, VaultView } from "./vault-access.ts";

/** A job as DescribeJob tells it; times are milliseconds since 1970 UTC. */
export interface JobDescription {
  readonly jobId: string;
  readonly jobDescription?: string | undefined;
  readonly action: "ArchiveRetrieval" | "InventoryRetrieval";
  readonly archiveId?: string | undefined;
  readonly vaultArn: string;
  readonly creationDate: number;
  readonly completed: boolean;
  readonly statusCode: "InProgress" | "Succeeded";
  readonly statusMessage?: string | undefined;
  readonly archiveSizeInBytes?: number | undefined;
  /** Known when the job is completed. */
  readonly inventorySizeInBytes?: number | undefined;
  readonly snsTopic?: string | undefined;
  readonly completionDate?: number | undefined;
  /** Of the retrieved range, when it is tree-hash aligned. */
  readonly sha256TreeHash?: string | undefined;
  readonly archiveSha256TreeHash?: string | undefined;
  readonly retrievalByteRange?: string | undefined;
  readonly tier?: string | undefined;
  readonly inventoryRetrievalParameters?: InventoryDescription | undefined;
}

export interface InventoryDescription {
  readonly format: string;
  readonly startDate?: string | undefined;
  readonly endDate?: string | undefined;
  readonly limit?: number | undefined;
  /** Where a further job goes on; absent when this inventory reached the end. */
  readonly marker?: string | undefined;
}

export interface JobOutput {
  /** The bytes; verified as they are read. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Bytes of `body`. */
  readonly contentLength: number;
  /** 206 for a part, 200 for the whole. */
  readonly status: 200 | 206;
  /** "bytes first-last/size", for a part. */
  readonly contentRange?: string | undefined;
  /** Tree hash of `body`, when the range is tree-hash aligned with an archive's output. */
  readonly checksum?: string | undefined;
  readonly contentType: "application/octet-stream" | "application/json" | "text/csv";
  readonly acceptRanges: "bytes";
  readonly archiveDescription?: string | undefined;
}

export interface ListJobsOptions extends PageOptions {
  readonly vaultName: string;
  readonly statusCode?: string | undefined;
  readonly completed?: boolean | undefined;
}

interface JobName {
  readonly vaultName: string;
  readonly jobId: string;
}

export function describeJob(session: Session, name: JobName): Promise<JobDescription> {
  const { vaultName, jobId } = name;
  return readVault(session, { vaultName, action: "DescribeJob" }, async (vault) =>
    describe(vault, await readJob(vault, jobId)),
  );
}

/** Jobs looked at for one page: a filter that matches little ends the page early, with a marker. */
const SCAN_MAX = 1000;

export function listJobs(
  session: Session,
  options: ListJobsOptions,
): Promise<Page<JobDescription>> {
  const { vaultName, statusCode, completed, marker } = options;
  const limit = checkLimit(options.limit, PAGE_MAX);
  if (statusCode !== undefined && !["InProgress", "Succeeded", "Failed"].includes(statusCode)) {
    throw invalid(`Invalid statuscode: ${statusCode.slice(0, 100)}`);
  }
  if (marker !== undefined && !isIdText(marker, JOB_ID_CHARS)) throw invalid("Invalid marker");
  const from = marker === undefined ? undefined : vaultKeys.job(marker);
  const page = { ...within(vaultKeys.jobs(), from), limit: SCAN_MAX + 1 };
  return readVault(session, { vaultName, action: "ListJobs" }, async (vault) => {
    const items: JobDescription[] = [];
    for (const [i, job] of (await vault.page<JobRecord>(page)).entries()) {
      if (items.length === limit || i === SCAN_MAX) return { items, marker: job.id };
      const one = describe(vault, job);
      const wanted =
        !isGone(job, vault.now) &&
        (statusCode === undefined || one.statusCode === statusCode) &&
        (completed === undefined || one.completed === completed);
      if (wanted) items.push(one);
    }
    return { items };
  });
}

/**
 * The output of a completed job, or a range of it.
 * @throws FIRN_JOB_NOT_FOUND (also a day after completion), FIRN_JOB_NOT_READY.
 */
export async function getJobOutput(
  session: Session,
  options: JobName & { readonly range?: string | undefined },
): Promise<JobOutput> {
  const { vaultName, jobId } = options;
  const found = await readVault(session, { vaultName, action: "GetJobOutput" }, async (vault) => {
    const job = await readJob(vault, jobId);
    if (vault.now < job.dueAt) {
      const message = `The job is not currently available for download: ${jobId}`;
      throw archiveError("FIRN_JOB_NOT_READY", message, { detail: { jobId } });
    }
    const content = await vault.get<Content>(vaultKeys.output(jobId));
    if (content === undefined) throw jobNotFound(jobId);
    return { job, content };
  });
  const range = parseOutputRange(options.range, found.job.size);
  return openOutput(session, found, { range, partial: Boolean(options.range) });
}

async function openOutput(
  session: Session,
  { job, content }: { readonly job: JobRecord; readonly content: Content },
  asked: { readonly range: ByteRange; readonly partial: boolean },
): Promise<JobOutput> {
  const { range, partial } = asked;
  const skip = job.action === "ArchiveRetrieval" ? job.start % content.pieceBytes : 0;
  const inContent = { start: skip + range.start, end: skip + range.end };
  const aligned =
    job.action === "ArchiveRetrieval" && isTreeHashAligned(range.start, range.end, job.size);
  return {
    body: readContent(session.store, content, inContent),
    contentLength: range.end - range.start,
    status: partial ? 206 : 200,
    contentRange: partial ? `bytes ${formatRange(range)}/${job.size}` : undefined,
    checksum: aligned ? toHex(await hashContent(session.store, content, inContent)) : undefined,
    contentType: contentType(job),
    acceptRanges: "bytes",
    archiveDescription:
      job.action === "ArchiveRetrieval" ? job.archiveDescription || undefined : undefined,
  };
}

function contentType(job: JobRecord): JobOutput["contentType"] {
  if (job.action === "ArchiveRetrieval") return "application/octet-stream";
  return job.format === "CSV" ? "text/csv" : "application/json";
}

async function readJob(vault: VaultView, jobId: string): Promise<JobRecord> {
  const known = isIdText(jobId, JOB_ID_CHARS);
  const job = known ? await vault.get<JobRecord>(vaultKeys.job(jobId)) : undefined;
  if (job === undefined || isGone(job, vault.now)) throw jobNotFound(jobId);
  return job;
}

/** A job lasts a day beyond its completion, whenever it may be swept. */
export function isGone(job: JobRecord, now: number): boolean {
  return now >= job.dueAt + JOB_KEPT_MS;
}

export function describe(vault: Pick<VaultView, "arn" | "now">, job: JobRecord): JobDescription {
  const completed = vault.now >= job.dueAt;
  const common = {
    jobId: job.id,
    jobDescription: job.description || undefined,
    vaultArn: vault.arn,
    creationDate: job.createdAt,
    completed,
    statusCode: completed ? ("Succeeded" as const) : ("InProgress" as const),
    statusMessage: completed ? "Succeeded" : undefined,
    snsTopic: job.snsTopic,
    completionDate: completed ? job.dueAt : undefined,
  };
  return job.action === "ArchiveRetrieval"
    ? { ...common, ...describeArchiveJob(job, completed) }
    : { ...common, ...describeInventoryJob(job, completed) };
}

function describeArchiveJob(
  job: ArchiveJobRecord,
  completed: boolean,
): Pick<JobDescription, "action"> & Partial<JobDescription> {
  const whole = job.size === job.archiveSize;
  const shown = job.treeHash !== undefined && (completed || !whole);
  return {
    action: job.action,
    archiveId: job.archiveId,
    archiveSizeInBytes: job.archiveSize,
    // The API leaves it out for a whole archive that is still on its way.
    sha256TreeHash: shown ? toHex(job.treeHash) : undefined,
    archiveSha256TreeHash: toHex(job.archiveTreeHash),
    retrievalByteRange: formatRange({ start: job.start, end: job.start + job.size }),
    tier: job.tier,
  };
}

function describeInventoryJob(
  job: InventoryJobRecord,
  completed: boolean,
): Pick<JobDescription, "action"> & Partial<JobDescription> {
  const { format, startDate, endDate, limit, nextMarker } = job;
  return {
    action: job.action,
    inventorySizeInBytes: completed ? job.size : undefined,
    inventoryRetrievalParameters: { format, startDate, endDate, limit, marker: nextMarker },
  };
}

function jobNotFound(jobId: string): Error {
  return archiveError("FIRN_JOB_NOT_FOUND", `The job ID was not found: ${jobId}`, {
    detail: { jobId },
  });
}
