import { Glacier } from "@aws-sdk/client-glacier";
import { treeHashHex } from "@firn/archive";
import type { SeededRandom } from "@firn/core";
import { contentOf } from "./load.ts";
import type { DeathWatch, Load } from "./load.ts";
import { credentials, region } from "./server-process.ts";
import type { ServerProcess } from "./server-process.ts";

const vault = { accountId: "-", vaultName: "survive" };
const PART_BYTES = 1024 * 1024;

interface Stored {
  readonly archiveId: string;
  readonly id: string;
  readonly bytes: number;
}

interface Job {
  readonly jobId: string;
  readonly archive: Stored;
}

/**
 * Archives uploaded and deleted, retrievals started, and one upload in parts across all crashes.
 */
export class ArchiveLoad implements Load {
  readonly name = "archive";
  acknowledged = 0;
  readonly #random: SeededRandom;
  readonly #watch: DeathWatch;
  readonly #jobs: Job[] = [];
  /** Started in the last run. */
  #freshJobs: Job[] = [];
  #archives: Stored[] = [];
  /** Uploads and deletions whose answer never came: whether they count, the vault tells. */
  #uploadsMaybe = 0;
  #deletionsMaybe: Stored[] = [];
  /** Archives that are there without anybody knowing their ids. */
  #unnamed = 0;
  #jobsMaybe = 0;
  #uploadId = "";
  #parts = 0;
  #made = 0;

  constructor(random: SeededRandom, watch: DeathWatch) {
    this.#random = random;
    this.#watch = watch;
  }

  async prepare(server: ServerProcess): Promise<void> {
    await using(server, async (glacier) => {
      await glacier.createVault(vault);
      const begun = await glacier.initiateMultipartUpload({ ...vault, partSize: `${PART_BYTES}` });
      this.#uploadId = begun.uploadId!;
    });
  }

  async run(server: ServerProcess, dead: AbortSignal): Promise<void> {
    this.#freshJobs = [];
    await using(server, async (glacier) => {
      await this.#watch.once(dead, () => this.#sendPart(glacier));
      await this.#watch.until(dead, () => this.#step(glacier));
    });
  }

  async #step(glacier: Glacier): Promise<void> {
    const choice = this.#random.float();
    const archive = this.#archives[this.#random.below(Math.max(1, this.#archives.length))];
    if (choice < 0.5 || archive === undefined) await this.#upload(glacier);
    else if (choice < 0.85) await this.#startJob(glacier, archive);
    else await this.#delete(glacier, archive);
    this.acknowledged++;
  }

  async #upload(glacier: Glacier): Promise<void> {
    const id = `archive-${this.#made++}`;
    const bytes = 1 + this.#random.below(this.#random.float() < 0.1 ? 1_500_000 : 20_000);
    this.#uploadsMaybe++;
    const { archiveId } = await glacier.uploadArchive({ ...vault, body: contentOf(id, bytes) });
    this.#uploadsMaybe--;
    this.#archives.push({ archiveId: archiveId!, id, bytes });
  }

  async #startJob(glacier: Glacier, archive: Stored): Promise<void> {
    const Tier = ["Expedited", "Standard", "Bulk"][this.#random.below(3)]!;
    const jobParameters = { Type: "archive-retrieval", ArchiveId: archive.archiveId, Tier };
    this.#jobsMaybe++;
    const { jobId } = await glacier.initiateJob({ ...vault, jobParameters });
    this.#jobsMaybe--;
    const job = { jobId: jobId!, archive };
    this.#jobs.push(job);
    this.#freshJobs.push(job);
  }

  async #delete(glacier: Glacier, archive: Stored): Promise<void> {
    this.#archives = this.#archives.filter((one) => one !== archive);
    this.#deletionsMaybe.push(archive);
    await glacier.deleteArchive({ ...vault, archiveId: archive.archiveId });
    this.#deletionsMaybe.pop();
  }

  async #sendPart(glacier: Glacier): Promise<void> {
    const start = this.#parts * PART_BYTES;
    const range = `bytes ${start}-${start + PART_BYTES - 1}/*`;
    const body = partOf(this.#parts);
    await glacier.uploadMultipartPart({ ...vault, uploadId: this.#uploadId, range, body });
    this.#parts++;
    this.acknowledged++;
  }

  async verify(server: ServerProcess, everything: boolean): Promise<void> {
    await using(server, async (glacier) => {
      await this.#verifyCount(glacier);
      for (const job of everything ? this.#jobs : this.#freshJobs) {
        const told = await glacier.describeJob({ ...vault, jobId: job.jobId });
        if (told.ArchiveId !== job.archive.archiveId) {
          throw new Error(`job ${job.jobId} is of another archive`);
        }
      }
      await this.#verifyParts(glacier);
      if (everything) await this.#verifyJobCount(glacier);
    });
  }

  /** As many archives as were acknowledged, and of those without an answer all or nothing. */
  async #verifyCount(glacier: Glacier): Promise<void> {
    const { NumberOfArchives: count = -1 } = await glacier.describeVault(vault);
    const known = this.#archives.length + this.#unnamed;
    const most = known + this.#uploadsMaybe + this.#deletionsMaybe.length;
    if (count < known || count > most) {
      throw new Error(`the vault counts ${count} archives, acknowledged were ${known} to ${most}`);
    }
    this.#unnamed += count - known;
    this.#uploadsMaybe = 0;
    this.#deletionsMaybe = [];
  }

  async #verifyJobCount(glacier: Glacier): Promise<void> {
    const ids = new Set<string>();
    let marker: string | undefined;
    do {
      const page = await glacier.listJobs({ ...vault, marker });
      for (const job of page.JobList ?? []) ids.add(job.JobId!);
      marker = page.Marker;
    } while (marker !== undefined);
    const lost = this.#jobs.filter((job) => !ids.has(job.jobId));
    if (lost.length > 0 || ids.size > this.#jobs.length + this.#jobsMaybe) {
      throw new Error(`${ids.size} jobs listed, ${this.#jobs.length} started, ${lost.length} lost`);
    }
  }

  async #verifyParts(glacier: Glacier): Promise<void> {
    const hashes: (string | undefined)[] = [];
    let marker: string | undefined;
    do {
      const page = await glacier.listParts({ ...vault, uploadId: this.#uploadId, marker });
      for (const part of page.Parts ?? []) hashes.push(part.SHA256TreeHash);
      marker = page.Marker;
    } while (marker !== undefined);
    // One more may be there than was acknowledged; it is the same that will be sent again.
    if (hashes.length < this.#parts || hashes.length > this.#parts + 1) {
      throw new Error(`the upload has ${hashes.length} parts, acknowledged were ${this.#parts}`);
    }
    const last = hashes.length - 1;
    if (last >= 0 && hashes[last] !== treeHashHex(partOf(last))) {
      throw new Error(`part ${last} has another hash`);
    }
    this.#parts = hashes.length;
  }

  /** At the end, on a clock that was moved on: every retrieval gives its bytes, the upload ends. */
  async finish(server: ServerProcess): Promise<void> {
    await using(server, async (glacier) => {
      for (const { jobId, archive } of this.#jobs) {
        const { body } = await glacier.getJobOutput({ ...vault, jobId });
        const bytes = await body!.transformToByteArray();
        if (contentOf(archive.id, archive.bytes).equals(bytes)) continue;
        throw new Error(`job ${jobId} gives other bytes than archive ${archive.id}`);
      }
      const whole = Buffer.concat(Array.from({ length: this.#parts }, (_, i) => partOf(i)));
      await glacier.completeMultipartUpload({
        ...vault,
        uploadId: this.#uploadId,
        archiveSize: String(whole.length),
        checksum: treeHashHex(whole),
      });
    });
  }
}

function partOf(index: number): Buffer {
  return contentOf(`part-${index}`, PART_BYTES);
}

async function using<T>(server: ServerProcess, work: (glacier: Glacier) => Promise<T>): Promise<T> {
  const { endpoint } = server;
  const glacier = new Glacier({ endpoint, region, credentials, maxAttempts: 1 });
  try {
    return await work(glacier);
  } finally {
    glacier.destroy();
  }
}
