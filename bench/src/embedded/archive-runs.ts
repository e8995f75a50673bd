import { randomBytes } from "node:crypto";
import { Archive, treeHashHex } from "@firn/archive";
import { openStore } from "@firn/core";
import type { LogStore, OpenStoreOptions } from "@firn/core";
import { drive } from "../harness/drive.ts";
import type { Sample } from "../harness/row.ts";

const MIB: number = 2 ** 20;
const ARCHIVE_MIB = 16;
const UPLOADS = 4;
/** Archives under parity and scrub: two extent segments. */
const KEPT_ARCHIVES = 32;

/** Uploads of 16 MiB, 4 at a time: tree hash, checksums, two copies of nothing, one sync each. */
export async function archiveUploads(directory: string, seconds: number): Promise<Sample> {
  const store = await openStore({ directory });
  const archive = await Archive.open({ store });
  await archive.createVault({ vaultName: "bench" });
  const body = randomBytes(ARCHIVE_MIB * MIB);
  const driven = await drive(UPLOADS, seconds, () =>
    archive.uploadArchive({ vaultName: "bench", body }),
  );
  await archive.close();
  await store.close();
  return { "MiB/s": driven.perSecond * ARCHIVE_MIB, "p99 ms": driven.p99Ms };
}

/** The tree hash of the same bytes, with nothing stored: what an upload cannot be faster than. */
export async function hashAlone(_directory: string, seconds: number): Promise<Sample> {
  const body = randomBytes(ARCHIVE_MIB * MIB);
  const driven = await drive(1, seconds, async () => treeHashHex(body));
  return { "MiB/s": driven.perSecond * ARCHIVE_MIB, "p99 ms": driven.p99Ms };
}

/** Parity of sealed segments, as fast as it goes. */
export async function archiveParity(directory: string): Promise<Sample> {
  const store = await openKept(directory, { segments: "all", rate: Infinity });
  const sample = await measure(store, () => store.care.parity.run());
  const { space } = await store.status();
  await store.close();
  return { ...sample, "% of space": (100 * space.parityBytes) / bytesOf(space) };
}

/** A pass over every byte, by the blocks' checksums that parity keeps. */
export async function archiveScrub(directory: string): Promise<Sample> {
  return scrub(await openKept(directory, { segments: "all", rate: Infinity }));
}

/** The same by the checksums of records and units: of segments that have no parity yet. */
export async function archiveScrubPlain(directory: string): Promise<Sample> {
  return scrub(await openKept(directory, undefined));
}

async function scrub(store: LogStore): Promise<Sample> {
  await store.care.parity.run();
  const sample = await measure(store, () => store.scrub({ rate: Infinity, resume: false }));
  await store.close();
  return sample;
}

/** A store of archives whose segments are sealed. */
async function openKept(directory: string, parity: OpenStoreOptions["parity"]): Promise<LogStore> {
  const filled = await openStore({ directory });
  const archive = await Archive.open({ store: filled });
  await archive.createVault({ vaultName: "bench" });
  for (let at = 0; at < KEPT_ARCHIVES; at++) {
    const body = randomBytes(ARCHIVE_MIB * MIB);
    await archive.uploadArchive({ vaultName: "bench", body });
  }
  await archive.close();
  await filled.close();
  return openStore({ directory, parity });
}

/** Bytes of segments per second of time, and of processor time. */
async function measure(store: LogStore, work: () => Promise<unknown>): Promise<Sample> {
  const { space } = await store.status();
  const [start, before] = [performance.now(), process.cpuUsage()];
  await work();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(before);
  const mib = bytesOf(space) / MIB;
  return { "MiB/s": mib / seconds, "MiB/CPU-s": (mib * 1e6) / (user + system) };
}

function bytesOf(space: { readonly commitBytes: number; readonly extentBytes: number }): number {
  return space.commitBytes + space.extentBytes;
}
