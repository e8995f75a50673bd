import { randomBytes } from "node:crypto";
import { Archive, treeHashHex } from "@firn/archive";
import { openStore } from "@firn/core";
import { drive } from "../harness/drive.ts";
import type { Sample } from "../harness/row.ts";

const ARCHIVE_MIB = 16;
const UPLOADS = 4;

/** Uploads of 16 MiB, 4 at a time: tree hash, checksums, two copies of nothing, one sync each. */
export async function archiveUploads(directory: string, seconds: number): Promise<Sample> {
  const store = await openStore({ directory });
  const archive = await Archive.open({ store });
  await archive.createVault({ vaultName: "bench" });
  const body = randomBytes(ARCHIVE_MIB * 2 ** 20);
  const driven = await drive(UPLOADS, seconds, () =>
    archive.uploadArchive({ vaultName: "bench", body }),
  );
  await archive.close();
  await store.close();
  return { "MiB/s": driven.perSecond * ARCHIVE_MIB, "p99 ms": driven.p99Ms };
}

/** The tree hash of the same bytes, with nothing stored: what an upload cannot be faster than. */
export async function hashAlone(_directory: string, seconds: number): Promise<Sample> {
  const body = randomBytes(ARCHIVE_MIB * 2 ** 20);
  const driven = await drive(1, seconds, async () => treeHashHex(body));
  return { "MiB/s": driven.perSecond * ARCHIVE_MIB, "p99 ms": driven.p99Ms };
}
