import { callAdmin } from "../admin-client.ts";
import type { AdminTarget } from "../admin-client.ts";
import { CommandError } from "../command-error.ts";
import { Progress, bytesText } from "../progress.ts";
import type { ShowProgress } from "../progress.ts";
import { describeVault, listVaults } from "./describe.ts";
import { GlacierClient } from "./glacier-client.ts";

export interface VerifyIo {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly print: (line: string) => void;
  readonly progress?: ShowProgress | undefined;
}

/** An archive that is not what was uploaded. */
export interface BadArchive {
  readonly archiveId: string;
  readonly size: number;
  readonly description: string;
  readonly status: "lost" | "changed";
  readonly reason?: string | undefined;
}

interface Step {
  readonly archives: number;
  readonly bytes: number;
  readonly bad: readonly BadArchive[];
  readonly after?: string | undefined;
}

interface Verified {
  readonly vault: string;
  archives: number;
  bytes: number;
  readonly bad: BadArchive[];
}

/**
 * Has the server read every archive of a vault, or of all, and says which are not whole.
 * @throws CommandError 1 when one is not.
 */
export async function verifyVaults(
  target: AdminTarget,
  { vault, json }: { readonly vault: string | undefined; readonly json: boolean },
  io: VerifyIo,
): Promise<void> {
  const region = io.environment["AWS_REGION"];
  const client = new GlacierClient(target, region);
  const vaults =
    vault === undefined ? await listVaults(client) : [await describeVault(client, vault)];
  const totalBytes = vaults.reduce((sum, { SizeInBytes }) => sum + SizeInBytes, 0);
  const progress = new Progress(io.progress);
  const results: Verified[] = [];
  let done = 0;
  try {
    for (const { VaultName, VaultARN } of vaults) {
      const [, , , vaultRegion = "", accountId = ""] = VaultARN.split(":");
      const asked = { vaultName: VaultName, accountId, region: vaultRegion };
      const result: Verified = { vault: VaultName, archives: 0, bytes: 0, bad: [] };
      for (let after: string | undefined, first = true; first || after !== undefined;) {
        first = false;
        const body = after === undefined ? asked : { ...asked, after };
        const step = (await callAdmin(target, "/_firn/vaults/verify", body)) as Step;
        result.archives += step.archives;
        result.bytes += step.bytes;
        result.bad.push(...step.bad);
        progress.update((done += step.bytes), totalBytes);
        ({ after } = step);
      }
      results.push(result);
    }
  } finally {
    progress.end();
  }
  tell(results, json, io);
}

function tell(results: readonly Verified[], json: boolean, { print }: VerifyIo): void {
  if (json) print(JSON.stringify(results));
  else for (const line of results.flatMap(linesOf)) print(line);
  const bad = results.reduce((sum, result) => sum + result.bad.length, 0);
  if (bad === 0) return;
  const archives = bad === 1 ? "1 archive is" : `${bad} archives are`;
  throw new CommandError(
    1,
    `${archives} not whole: run \`firn vault repair\`, or restore a backup.`,
  );
}

function linesOf({ vault, archives, bytes, bad }: Verified): string[] {
  const whole = archives - bad.length;
  return [
    `${vault}  ${whole} of ${archives} archives whole  ${bytesText(bytes)} read`,
    ...bad.map(badLine),
  ];
}

/** `lost  <id>  1.2 GiB  my photos: blob … fails its checksum`. */
export function badLine({ status, archiveId, size, description, reason }: BadArchive): string {
  const why = reason === undefined ? "it hashes to something else" : reason;
  return `  ${status}  ${archiveId}  ${bytesText(size)}  ${description}: ${why}`;
}
