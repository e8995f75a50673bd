import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { FirnError, checkStore, openStore, rebuildStore, storeKeys } from "@firn/core";
import type { ClockMode, KeyProvider } from "@firn/core";
import { Archive } from "@firn/firn";
import { CommandError } from "../command-error.ts";
import { encryptionKeys, keyError } from "../encryption-keys.ts";
import { Progress, bytesText } from "../progress.ts";
import type { ShowProgress } from "../progress.ts";
import { badLine } from "./verify-vaults.ts";
import type { BadArchive } from "./verify-vaults.ts";

export interface RebuildOptions {
  readonly directory: string;
  readonly target: string;
  readonly clockMode: ClockMode | undefined;
  readonly json: boolean;
  readonly encryptionKeyFile: string | undefined;
}

export interface RebuildIo {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly print: (line: string) => void;
  readonly progress?: ShowProgress | undefined;
}

interface RebuiltVault {
  readonly accountId: string;
  readonly region: string;
  readonly vaultName: string;
  archives: number;
  readonly bad: BadArchive[];
}

/**
 * Makes a store of `log` and `extents` alone, then reads every archive of every vault in it.
 * @throws CommandError 1 when something is not whole, 2 when an encrypted store's key is not given,
 * 3 when there is nothing to rebuild from.
 */
export async function rebuildVaults(options: RebuildOptions, io: RebuildIo): Promise<void> {
  const { directory, target, clockMode, json } = options;
  if (!existsSync(`${directory}/log`)) {
    throw new CommandError(3, `There are no segments in ${directory}: it has no folder log.`);
  }
  const keys = await encryptionKeys(options.encryptionKeyFile, io.environment);
  if (keys === undefined && (await isEncrypted(resolve(directory)))) {
    throw new CommandError(2, `${directory} is encrypted: give its key, --encryption-key-file.`);
  }
  const progress = new Progress(io.progress);
  const places = { directory: resolve(directory), target: resolve(target) };
  const onProgress = (bytes: number, total: number): void => progress.update(bytes, total);
  const rebuilt = await rebuildStore({ ...places, clockMode, onProgress })
    .catch((error: unknown) => {
      throw new CommandError(1, (error as Error).message);
    })
    .finally(() => progress.end());
  const vaults = await verifyAll(places.target, keys).catch((error: unknown) => {
    throw keyError(error);
  });
  const { problems } = await checkStore({ directory: places.target });
  if (json) io.print(JSON.stringify({ ...rebuilt, vaults, problems }));
  else {
    io.print(`store   ${rebuilt.storeId} in ${places.target}`);
    io.print(`copied  ${bytesText(rebuilt.bytes)} in ${rebuilt.segments} segments`);
    for (const vault of vaults) for (const line of vaultLines(vault)) io.print(line);
    for (const { what } of problems) io.print(`problem ${what}`);
  }
  const bad = vaults.reduce((sum, vault) => sum + vault.bad.length, 0);
  if (bad + problems.length > 0) {
    throw new CommandError(1, `${bad} archives are not whole, ${problems.length} problems.`);
  }
}

/** As far as its manifest can still be read. */
async function isEncrypted(directory: string): Promise<boolean> {
  try {
    return (await storeKeys({ directory })) !== undefined;
  } catch (error) {
    if (error instanceof FirnError && error.code === "FIRN_STORE_DAMAGED") return false;
    throw error;
  }
}

async function verifyAll(
  directory: string,
  keys: KeyProvider | undefined,
): Promise<RebuiltVault[]> {
  const encryption = keys && { keys };
  const store = await openStore({ directory, compaction: "off", encryption });
  const archive = await Archive.open({ store });
  try {
    const vaults: RebuiltVault[] = [];
    for await (const name of archive.care.manifests()) vaults.push(await verifyOne(archive, name));
    return vaults;
  } finally {
    await archive.close();
    await store.close();
  }
}

async function verifyOne(
  archive: Archive,
  { accountId, region, vaultName }: Omit<RebuiltVault, "archives" | "bad">,
): Promise<RebuiltVault> {
  const vault: RebuiltVault = { accountId, region, vaultName, archives: 0, bad: [] };
  const { care } = archive.in({ accountId, region });
  for await (const { status, ...one } of care.verifyVault({ vaultName })) {
    vault.archives++;
    if (status !== "whole") vault.bad.push({ status, ...one });
  }
  return vault;
}

function vaultLines({ accountId, region, vaultName, archives, bad }: RebuiltVault): string[] {
  const whole = archives - bad.length;
  const head = `vault   ${accountId} ${region} ${vaultName}: ${whole} of ${archives} archives whole`;
  return [head, ...bad.map(badLine)];
}
