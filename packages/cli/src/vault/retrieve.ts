import { open, rename } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { TreeHasher } from "@firn/firn";
import { CommandError } from "../command-error.ts";
import { Progress } from "../progress.ts";
import type { ShowProgress } from "../progress.ts";
import { pathOf } from "./glacier-client.ts";
import type { GlacierClient } from "./glacier-client.ts";
import type { Tier } from "./prices.ts";
import { StateFile } from "./state-file.ts";

const MIB: number = 1024 * 1024;
/** Asked for at a time: what is lost when a download is broken off. */
const RANGE_BYTES: number = 16 * MIB;

export interface Job {
  readonly JobId: string;
  readonly Action: string;
  readonly Completed: boolean;
  readonly StatusCode: string;
  readonly ArchiveId?: string | null;
  readonly ArchiveSizeInBytes?: number | null;
  readonly InventorySizeInBytes?: number | null;
  readonly SHA256TreeHash?: string | null;
  readonly CreationDate: string;
  readonly CompletionDate?: string | null;
  readonly Tier?: string | null;
}

/** How a job is waited for. */
export interface Waiting {
  /** Between two looks, in milliseconds. */
  readonly pollMs: number;
  /** Told each time that the job is not complete yet. */
  readonly waiting: (job: Job) => void;
}

/** Waits until a job is complete. @throws CommandError 1 when it failed. */
export async function waitForJob(
  client: GlacierClient,
  name: { readonly vault: string; readonly jobId: string },
  { pollMs, waiting }: Waiting,
): Promise<Job> {
  const path = pathOf("vaults", name.vault, "jobs", name.jobId);
  for (;;) {
    const job = await client.read<Job>({ method: "GET", path });
    if (job.StatusCode === "Failed") throw new CommandError(1, `The job ${name.jobId} failed.`);
    if (job.Completed) return job;
    waiting(job);
    await setTimeout(pollMs);
  }
}

export interface GetOptions {
  readonly vault: string;
  readonly archiveId: string;
  readonly file: string;
  readonly tier: Tier;
}

interface Retrieval {
  readonly vault: string;
  readonly archiveId: string;
  readonly jobId: string;
}

export interface Got {
  readonly jobId: string;
  readonly bytes: number;
  readonly treeHash: string;
  readonly resumedBytes: number;
}

/**
 * Retrieves an archive into a file. Broken off while it waits or downloads, it goes on where it was
 * when it is called again; the file has its name only when its tree hash is the archive's.
 */
export async function getArchive(
  client: GlacierClient,
  options: GetOptions,
  io: Waiting & { readonly progress: ShowProgress | undefined },
): Promise<Got> {
  const { vault, archiveId, file } = options;
  const state = new StateFile<Retrieval>(`${file}.firn-retrieval`);
  const known = await state.read();
  const isThis = known?.vault === vault && known.archiveId === archiveId;
  const jobId = (isThis && (await lives(client, known))) || (await startRetrieval(client, options));
  await state.write({ vault, archiveId, jobId });
  const job = await waitForJob(client, { vault, jobId }, io);
  const part = `${file}.part`;
  const download = await downloadTo(part, client, { vault, job }, io.progress);
  if (download.treeHash !== job.SHA256TreeHash) {
    throw new CommandError(
      1,
      `${part} has another tree hash than the archive; remove it and try again.`,
    );
  }
  await rename(part, file);
  await state.remove();
  return { jobId, ...download };
}

/** The job's id, while the service still has it. */
async function lives(
  client: GlacierClient,
  { vault, jobId }: Retrieval,
): Promise<string | undefined> {
  const request = { method: "GET", path: pathOf("vaults", vault, "jobs", jobId) } as const;
  return client.send(request).then(
    () => jobId,
    (error: CommandError) => {
      if (error.exitCode !== 1) throw error;
      return undefined;
    },
  );
}

/** Starts a job of the vault; returns its id. */
export async function startJob(
  client: GlacierClient,
  vault: string,
  job: Readonly<Record<string, string>>,
): Promise<string> {
  const path = pathOf("vaults", vault, "jobs");
  const answer = await client.send({ method: "POST", path, body: JSON.stringify(job) });
  return answer.headers.get("x-amz-job-id") ?? "";
}

function startRetrieval(
  client: GlacierClient,
  { vault, archiveId, tier }: GetOptions,
): Promise<string> {
  return startJob(client, vault, {
    Type: "archive-retrieval",
    ArchiveId: archiveId,
    Tier: tier,
  });
}

/** Appends to what is there already; hashes all of it. */
async function downloadTo(
  file: string,
  client: GlacierClient,
  { vault, job }: { readonly vault: string; readonly job: Job },
  show: ShowProgress | undefined,
): Promise<{ bytes: number; treeHash: string; resumedBytes: number }> {
  const total = job.ArchiveSizeInBytes ?? 0;
  const handle = await open(file, "a+");
  const hasher = new TreeHasher();
  const progress = new Progress(show);
  try {
    const resumedBytes = Math.min((await handle.stat()).size, total);
    await handle.truncate(resumedBytes);
    for (let at = 0; at < resumedBytes;) {
      const bytes = Buffer.allocUnsafe(Math.min(RANGE_BYTES, resumedBytes - at));
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, at);
      hasher.update(bytes.subarray(0, bytesRead));
      at += bytesRead;
    }
    const path = pathOf("vaults", vault, "jobs", job.JobId, "output");
    for (let at = resumedBytes; at < total;) {
      const end = Math.min(total, at + RANGE_BYTES);
      const headers = { range: `bytes=${at}-${end - 1}` };
      const answer = await client.send({ method: "GET", path, headers });
      const bytes = new Uint8Array(await answer.arrayBuffer());
      hasher.update(bytes);
      await handle.appendFile(bytes);
      at += bytes.length;
      progress.update(at, total);
    }
    await handle.sync();
    const treeHash = Buffer.from(hasher.digest().treeHash).toString("hex");
    return { bytes: total, treeHash, resumedBytes };
  } finally {
    progress.end();
    await handle.close();
  }
}
