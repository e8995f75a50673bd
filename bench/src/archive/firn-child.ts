import { randomBytes } from "node:crypto";
import { Firn } from "@firn/firn";
import { receiveInput } from "../harness/child.ts";
import type { ArchiveServerReady, ArchiveServerRun } from "./archive-run.ts";

const vaultName = "bench";
/** An Expedited retrieval takes this long at the most. */
const EXPEDITED_MS: number = 5 * 60_000;

/**
 * Firn as `firn serve` runs it: durable, authenticated, with parity, without an access log. Its
 * clock is moved by hand, so that jobs are complete before the run starts.
 */
async function main(): Promise<void> {
  const { directory, accessKeyId, secretAccessKey, ...run } =
    await receiveInput<ArchiveServerRun>();
  const rootCredentials = { accessKeyId, secretAccessKey };
  const firn = await Firn.open({ directory, rootCredentials, clockMode: { kind: "manual" } });
  const outputs = await prepare(firn, run);
  const server = await firn.listen({ port: 0 });
  const ready: ArchiveServerReady = { port: server.address.port, pid: process.pid, outputs };
  process.send?.(ready);
}

/** Paths of the outputs of completed jobs, each of an archive of its own. */
async function prepare(
  { archive, store }: Firn,
  run: Pick<ArchiveServerRun, "bytes" | "outputs">,
): Promise<string[]> {
  await archive.createVault({ vaultName });
  const paths: string[] = [];
  for (let at = 0; at < run.outputs; at++) {
    const body = randomBytes(run.bytes);
    const { archiveId } = await archive.uploadArchive({ vaultName, body });
    const type = "archive-retrieval";
    const tier = "Expedited";
    const { jobId } = await archive.initiateJob({ vaultName, type, archiveId, tier });
    paths.push(`/-/vaults/${vaultName}/jobs/${jobId}/output`);
  }
  await store.advanceClock(EXPEDITED_MS);
  return paths;
}

void main();
