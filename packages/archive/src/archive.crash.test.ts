/*
 * Random histories on the simulated disk, cut off by power failures, some in the middle of a call:
 * archives, jobs, uploads in parts and locks that were answered are there, each once; of a call
 * without an answer all is there or nothing; what a completed job gives are its bytes.
 */
import { ManualClock, SeededRandom, openStore } from "@firn/core";
import type { Store } from "@firn/core";
import { SimFileSystem, SimIndex, testSeed, turn } from "@firn/testing";
import { expect, test } from "vitest";
import { Archive } from "./archive.ts";
import type { JobDescription } from "./job-status.ts";
import { treeHashHex } from "./tree-hash.ts";

const HISTORIES = 12;
const STEPS = 50;
const HOUR = 3_600_000;
const PART = 1024 * 1024;
const vaultName = "v";

interface Machine {
  readonly fileSystem: SimFileSystem;
  readonly index: SimIndex;
  readonly store: Store;
  readonly archive: Archive;
}

/** What was answered. */
interface Ledger {
  readonly archives: Map<string, Uint8Array>;
  readonly jobs: Map<string, { readonly body: Uint8Array; readonly told: JobDescription }>;
  readonly uploads: Set<string>;
  /** A call that was cut off may have added one. */
  archivesMaybe: number;
  jobsMaybe: number;
  deletedMaybe: string | undefined;
}

class History {
  readonly #random: SeededRandom;
  readonly #seed: number;
  readonly #clock: ManualClock = new ManualClock(Date.UTC(2026, 10, 24));
  readonly #ledger: Ledger = {
    archives: new Map(),
    jobs: new Map(),
    uploads: new Set(),
    archivesMaybe: 0,
    jobsMaybe: 0,
    deletedMaybe: undefined,
  };
  #machine: Machine | undefined;
  #made = 0;

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = new SeededRandom(seed);
  }

  async run(): Promise<void> {
    const seed = this.#seed;
    await this.#boot(new SimFileSystem({ seed }), new SimIndex({ seed }));
    await this.#archive.createVault({ vaultName });
    for (let step = 0; step < STEPS; step++) {
      await this.#step();
      if (this.#random.below(8) === 0) await this.#crash();
    }
    await this.#crash();
    await this.#machine?.archive.close();
    await this.#machine?.store.close();
  }

  get #archive(): Archive {
    return this.#machine!.archive;
  }

  async #boot(fileSystem: SimFileSystem, index: SimIndex): Promise<void> {
    const random = new SeededRandom(this.#random.below(1_000_000));
    const clock = this.#clock;
    const store = await openStore({ directory: "/sim", fileSystem, index, random, clock });
    this.#machine = { fileSystem, index, store, archive: await Archive.open({ store }) };
  }

  async #step(): Promise<void> {
    const { archives } = this.#ledger;
    const ids = [...archives.keys()];
    const archiveId = ids[this.#random.below(Math.max(1, ids.length))];
    const choice = this.#random.below(10);
    if (choice < 4 || archiveId === undefined) await this.#upload();
    else if (choice < 6) await this.#startJob(archiveId);
    else if (choice === 6) await this.#remove(archiveId);
    else if (choice === 7) await this.#uploadParts();
    else this.#clock.advance(this.#random.below(3 * HOUR));
  }

  /** Longer than what travels in a batch, at times: those bytes lie in extents. */
  #body(): Uint8Array {
    const length = 1 + this.#random.below(this.#random.below(3) === 0 ? 200_000 : 3_000);
    return Buffer.alloc(length, `archive ${this.#made++} of ${this.#seed}, `);
  }

  async #upload(): Promise<void> {
    const body = this.#body();
    const { archiveId, checksum } = await this.#archive.uploadArchive({ vaultName, body });
    expect(checksum).toBe(treeHashHex(body));
    this.#ledger.archives.set(archiveId, body);
  }

  async #startJob(archiveId: string): Promise<void> {
    const tier = ["Expedited", "Standard", "Bulk"][this.#random.below(3)];
    const type = "archive-retrieval";
    const { jobId } = await this.#archive.initiateJob({ vaultName, type, archiveId, tier });
    const told = await this.#archive.describeJob({ vaultName, jobId });
    this.#ledger.jobs.set(jobId, { body: this.#ledger.archives.get(archiveId)!, told });
  }

  async #remove(archiveId: string): Promise<void> {
    await this.#archive.deleteArchive({ vaultName, archiveId });
    this.#ledger.archives.delete(archiveId);
  }

  async #uploadParts(): Promise<void> {
    const archive = this.#archive;
    const { uploadId } = await archive.initiateMultipartUpload({ vaultName, partSize: PART });
    this.#ledger.uploads.add(uploadId);
    const body = this.#body();
    const range = `bytes 0-${body.length - 1}/*`;
    await archive.uploadMultipartPart({ vaultName, uploadId, range, body });
    const end = this.#random.below(3);
    if (end === 0) return;
    this.#ledger.uploads.delete(uploadId);
    if (end === 1) return archive.abortMultipartUpload({ vaultName, uploadId });
    const whole = { archiveSize: body.length, checksum: treeHashHex(body) };
    const made = await archive.completeMultipartUpload({ vaultName, uploadId, ...whole });
    this.#ledger.archives.set(made.archiveId, body);
  }

  /** Cuts the power, often while a call is under way. */
  async #crash(): Promise<void> {
    const cutOff = this.#beginSomething();
    for (let turns = this.#random.below(40); turns > 0; turns--) await turn();
    const { fileSystem, index } = this.#machine!;
    const [disk, flushed] = [fileSystem.crash(), index.crash()];
    await cutOff;
    await this.#boot(disk, flushed);
    await this.#verify();
  }

  /** A call whose answer nobody waits for. */
  #beginSomething(): Promise<unknown> {
    const archive = this.#archive;
    const [archiveId] = this.#ledger.archives.keys();
    const choice = this.#random.below(4);
    let call: Promise<unknown> = Promise.resolve();
    if (choice === 0) {
      this.#ledger.archivesMaybe++;
      call = archive.uploadArchive({ vaultName, body: this.#body() });
    } else if (choice === 1 && archiveId !== undefined) {
      this.#ledger.jobsMaybe++;
      call = archive.initiateJob({ vaultName, type: "archive-retrieval", archiveId });
    } else if (choice === 2 && archiveId !== undefined) {
      this.#ledger.deletedMaybe = archiveId;
      call = archive.deleteArchive({ vaultName, archiveId });
    }
    // It may be answered, refused by the dead disk, or never come back.
    return Promise.race([call.catch(() => undefined), turns(60)]);
  }

  async #verify(): Promise<void> {
    await this.#verifyArchives();
    await this.#verifyJobs();
    const open: string[] = [];
    for await (const upload of this.#archive.listMultipartUploads({ vaultName })) {
      open.push(upload.multipartUploadId);
    }
    expect(open.sort(), this.#where).toEqual([...this.#ledger.uploads].sort());
  }

  async #verifyArchives(): Promise<void> {
    const ledger = this.#ledger;
    const found = new Map<string, { size: number; hash: string }>();
    for await (const one of this.#archive.listArchives({ vaultName })) {
      found.set(one.archiveId, { size: one.size, hash: Buffer.from(one.treeHash).toString("hex") });
    }
    const { deletedMaybe } = ledger;
    if (deletedMaybe !== undefined && !found.has(deletedMaybe))
      ledger.archives.delete(deletedMaybe);
    for (const [id, body] of ledger.archives) {
      const expected = { size: body.length, hash: treeHashHex(body) };
      expect(found.get(id), this.#where).toEqual(expected);
    }
    const unknown = [...found.keys()].filter((id) => !ledger.archives.has(id));
    expect(unknown.length, this.#where).toBeLessThanOrEqual(ledger.archivesMaybe);
    const { numberOfArchives, sizeInBytes } = await this.#archive.describeVault({ vaultName });
    const sizes = [...found.values()].reduce((sum, one) => sum + one.size, 0);
    expect([numberOfArchives, sizeInBytes], this.#where).toEqual([found.size, sizes]);
    // Nobody knows what is in it: out of the way, which also shows that it can be deleted.
    for (const archiveId of unknown) await this.#archive.deleteArchive({ vaultName, archiveId });
    ledger.archivesMaybe = 0;
    ledger.deletedMaybe = undefined;
  }

  async #verifyJobs(): Promise<void> {
    const { jobs } = this.#ledger;
    const listed = new Set<string>();
    for await (const job of this.#archive.listJobs({ vaultName })) listed.add(job.jobId);
    for (const [jobId, { body, told }] of jobs) {
      const dueAt = await this.#dueAt(jobId);
      if (dueAt === undefined) {
        // A day beyond its completion, and no earlier; 12 hours is the longest that one takes.
        expect(this.#clock.now() - told.creationDate, this.#where).toBeGreaterThan(24 * HOUR);
        jobs.delete(jobId);
        continue;
      }
      if (dueAt > this.#clock.now()) continue;
      const output = await this.#archive.getJobOutput({ vaultName, jobId });
      const chunks: Uint8Array[] = [];
      for await (const chunk of output.body) chunks.push(chunk);
      expect(Buffer.compare(Buffer.concat(chunks), body), this.#where).toBe(0);
    }
    const unknown = [...listed].filter((id) => !jobs.has(id));
    expect(unknown.length, this.#where).toBeLessThanOrEqual(this.#ledger.jobsMaybe);
  }

  /** `Infinity` while it is in progress, `undefined` when it is gone. */
  async #dueAt(jobId: string): Promise<number | undefined> {
    try {
      const job = await this.#archive.describeJob({ vaultName, jobId });
      return job.completionDate ?? Number.POSITIVE_INFINITY;
    } catch (error) {
      expect((error as { code: string }).code, this.#where).toBe("FIRN_JOB_NOT_FOUND");
      return undefined;
    }
  }

  get #where(): string {
    return `FIRN_SEED=${this.#seed}`;
  }
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await turn();
}

test("after a power failure every answered archive, job and upload is there, once and whole", async () => {
  const seed = testSeed();
  for (let history = 0; history < HISTORIES; history++) await new History(seed + history).run();
});
