/*
 * Recorded histories of one client. The disk is kept as it was at each request that it was given;
 * from every one of these states the power fails, and a new process looks at all there is: vaults,
 * archives with their bytes, jobs with their times and outputs, uploads with their parts, locks. It
 * must be exactly what it was after the last answered call, or after the one that was under way.
 */
import { SeededRandom } from "@firn/core";
import type { Store } from "@firn/core";
import {
  SimCore,
  cpuRate,
  forkMachine,
  makeMachine,
  printLine,
  restartMachine,
  testBudgetMs,
  testSeed,
} from "@firn/testing";
import type { OpenMachine } from "@firn/testing";
import { expect, test } from "vitest";
import { Archive } from "./archive.ts";
import { treeHashHex } from "./tree-hash.ts";

const QUICK_MS = 2500;
/** Fewer show nothing, however slow the machine is. */
const RECOVERIES_MIN = 150;
const CALLS = 30;
const MINUTE = 60_000;
const PART = 1024 * 1024;
const LIMITS = { segmentBytes: 64 * 1024, prepareBytes: 16 * 1024, queueBytes: 256 * 1024 };
const vaultName = "v";

/** The disk at one moment, and how many calls had been answered. */
interface Moment {
  readonly machine: OpenMachine;
  readonly answered: number;
}

/** All that a client can see, as text. */
async function look(archive: Archive): Promise<string> {
  const seen: unknown[] = [];
  for await (const vault of archive.listVaults()) {
    const at = { vaultName: vault.vaultName };
    seen.push(vault, await archive.listTagsForVault(at));
    for await (const one of archive.listArchives(at)) {
      seen.push([one.archiveId, one.size, Buffer.from(one.treeHash).toString("hex")]);
    }
    for await (const one of archive.care.verifyVault(at)) expect(one.status).toBe("whole");
    for await (const job of archive.listJobs(at)) {
      seen.push(job, job.completed ? await outputOf(archive, job.jobId) : "");
    }
    for await (const { multipartUploadId: uploadId } of archive.listMultipartUploads(at)) {
      seen.push(await archive.listParts({ ...at, uploadId }));
    }
    seen.push(await archive.getVaultLock(at).catch((error: Error) => error.message));
    seen.push(await archive.getVaultAccessPolicy(at).catch((error: Error) => error.message));
  }
  return JSON.stringify(seen, undefined, 1);
}

async function outputOf(archive: Archive, jobId: string): Promise<string> {
  const { body, checksum } = await archive.getJobOutput({ vaultName, jobId });
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  const hash = treeHashHex(Buffer.concat(parts));
  if (checksum !== undefined) expect(hash).toBe(checksum);
  return hash;
}

/** One client, one call after the other. */
class Client {
  readonly #archive: Archive;
  readonly #machine: OpenMachine;
  readonly #random: SeededRandom;
  readonly #ids: string[] = [];
  readonly #uploads: { readonly id: string; body: Uint8Array | undefined }[] = [];
  #lockId: string | undefined;

  constructor(archive: Archive, machine: OpenMachine, random: SeededRandom) {
    this.#archive = archive;
    this.#machine = machine;
    this.#random = random;
  }

  async call(): Promise<void> {
    const random = this.#random;
    const archiveId = this.#ids[random.below(Math.max(1, this.#ids.length))];
    const choice = random.below(14);
    if (choice < 4 || archiveId === undefined) return this.#upload();
    if (choice < 6) return this.#startJob(archiveId);
    if (choice === 6) return this.#remove(archiveId);
    if (choice < 10) return this.#multipart();
    if (choice === 10) return this.#lock();
    if (choice === 11) return this.#settings();
    // Jobs complete, and a day later are gone; pending locks lapse.
    this.#machine.clock.advance(random.below(20) * 90 * MINUTE);
  }

  /** Some lie in the log, some in extents. */
  #body(): Uint8Array {
    return this.#random.bytes(1 + this.#random.below(this.#random.below(3) === 0 ? 90_000 : 900));
  }

  async #upload(): Promise<void> {
    const body = this.#body();
    this.#ids.push((await this.#archive.uploadArchive({ vaultName, body })).archiveId);
  }

  async #startJob(archiveId: string): Promise<void> {
    const tier = ["Expedited", "Standard", "Bulk"][this.#random.below(3)];
    const isInventory = this.#random.below(3) === 0;
    await this.#archive.initiateJob(
      isInventory
        ? { vaultName, type: "inventory-retrieval", format: "CSV" }
        : { vaultName, type: "archive-retrieval", archiveId, tier },
    );
  }

  async #remove(archiveId: string): Promise<void> {
    await this.#archive.deleteArchive({ vaultName, archiveId });
    this.#ids.splice(this.#ids.indexOf(archiveId), 1);
  }

  /** Begins an upload, sends its one part, completes or aborts it: one of these. */
  async #multipart(): Promise<void> {
    const upload = this.#uploads[0];
    if (upload === undefined) {
      const begun = await this.#archive.initiateMultipartUpload({ vaultName, partSize: PART });
      this.#uploads.push({ id: begun.uploadId, body: undefined });
      return;
    }
    const name = { vaultName, uploadId: upload.id };
    if (upload.body === undefined) {
      upload.body = this.#body();
      const range = `bytes 0-${upload.body.length - 1}/*`;
      await this.#archive.uploadMultipartPart({ ...name, range, body: upload.body });
      return;
    }
    this.#uploads.shift();
    if (this.#random.below(3) === 0) return this.#archive.abortMultipartUpload(name);
    const whole = { archiveSize: upload.body.length, checksum: treeHashHex(upload.body) };
    const made = await this.#archive.completeMultipartUpload({ ...name, ...whole });
    this.#ids.push(made.archiveId);
  }

  async #lock(): Promise<void> {
    const statement = { Effect: "Deny", Principal: "*", Resource: "*" };
    const Statement = [{ ...statement, Action: "glacier:DeleteVault" }];
    const lockId = this.#lockId;
    this.#lockId = undefined;
    // Refused when there is one, or none any more: that changes nothing either.
    await (
      lockId === undefined
        ? this.#archive
            .initiateVaultLock({ vaultName, policy: JSON.stringify({ Statement }) })
            .then((made) => void (this.#lockId = made.lockId))
        : this.#archive.completeVaultLock({ vaultName, lockId })
    ).catch(() => undefined);
  }

  async #settings(): Promise<void> {
    if (this.#random.below(2) === 0) {
      const tags = { [`tag ${this.#random.below(5)}`]: String(this.#random.below(100)) };
      return this.#archive.addTagsToVault({ vaultName, tags });
    }
    const statement = { Effect: "Deny", Principal: "*", Action: "glacier:AbortVaultLock" };
    const policy = JSON.stringify({ Statement: [{ ...statement, Resource: "*" }] });
    await this.#archive.setVaultAccessPolicy({ vaultName, policy });
  }
}

/** Runs a history; what is to be seen after each call, and the disk at every request. */
async function record(core: SimCore, seed: number): Promise<[string[], Moment[]]> {
  const machine = makeMachine(seed);
  const store = await core.open(machine, LIMITS);
  const archive = await Archive.open({ store });
  await archive.createVault({ vaultName });
  const client = new Client(archive, machine, new SeededRandom(seed));
  const states = [await look(archive)];
  const moments: Moment[] = [];
  for (let call = 0; call < CALLS; call++) {
    machine.fileSystem.hook = () => {
      const at = forkMachine(machine, seed * 1000 + moments.length);
      moments.push({ machine: at, answered: states.length - 1 });
      return undefined;
    };
    await client.call();
    machine.fileSystem.hook = undefined;
    states.push(await look(archive));
  }
  await end(archive, store);
  return [states, moments];
}

async function end(archive: Archive, store: Store): Promise<void> {
  await archive.close();
  await store.close();
}

async function failAt(core: SimCore, states: readonly string[], moment: Moment): Promise<void> {
  const machine = restartMachine(moment.machine, "crash");
  const store = await core.open(machine, LIMITS);
  const archive = await Archive.open({ store });
  const seen = await look(archive);
  const { answered } = moment;
  const may = [states[answered], states[answered + 1]];
  if (!may.includes(seen)) expect(seen).toBe(states[answered]);
  await end(archive, store);
}

test("from the disk of every moment the archive is as the last answered call left it, or the next", async () => {
  const core = await SimCore.load();
  const stop = performance.now() + testBudgetMs(QUICK_MS, 0.05);
  const rate = cpuRate();
  let recoveries = 0;
  const isDone = (): boolean => recoveries >= RECOVERIES_MIN && performance.now() > stop;
  for (let seed = testSeed(); !isDone(); seed++) {
    const [states, moments] = await record(core, seed);
    for (const [at, moment] of moments.entries()) {
      await failAt(core, states, moment).catch((error: unknown) => {
        throw new Error(`FIRN_SEED=${seed}, moment ${at}`, { cause: error });
      });
      recoveries++;
      if (isDone()) break;
    }
  }
  printLine(`${recoveries} power failures of the archive, ${rate(recoveries)} a minute of a core`);
});
