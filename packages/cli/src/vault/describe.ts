import { CommandError } from "../command-error.ts";
import { bytesText } from "../progress.ts";
import { pathOf } from "./glacier-client.ts";
import type { GlacierClient } from "./glacier-client.ts";
import { TIERS, dollars, monthlyCost, retrievalCost, windowText } from "./prices.ts";
import type { PriceTable } from "./prices.ts";
import type { Job } from "./retrieve.ts";

export interface Vault {
  readonly VaultName: string;
  readonly VaultARN: string;
  readonly CreationDate: string;
  readonly NumberOfArchives: number;
  readonly SizeInBytes: number;
}

export function describeVault(client: GlacierClient, vault: string): Promise<Vault> {
  return client.read({ method: "GET", path: pathOf("vaults", vault) });
}

interface VaultsPage {
  readonly VaultList: readonly Vault[];
  readonly Marker?: string | null;
}

export async function listVaults(client: GlacierClient): Promise<Vault[]> {
  const vaults: Vault[] = [];
  let marker: string | null = null;
  do {
    const from: string = marker === null ? "" : `?marker=${encodeURIComponent(marker)}`;
    const page: VaultsPage = await client.read({ method: "GET", path: `vaults${from}` });
    vaults.push(...page.VaultList);
    marker = page.Marker ?? null;
  } while (marker !== null);
  return vaults;
}

interface JobsPage {
  readonly JobList: readonly Job[];
  readonly Marker?: string | null;
}

export async function listJobs(client: GlacierClient, vault: string): Promise<Job[]> {
  const jobs: Job[] = [];
  let marker: string | null = null;
  do {
    const from: string = marker === null ? "" : `?marker=${encodeURIComponent(marker)}`;
    const path: string = `${pathOf("vaults", vault, "jobs")}${from}`;
    const page: JobsPage = await client.read({ method: "GET", path });
    jobs.push(...page.JobList);
    marker = page.Marker ?? null;
  } while (marker !== null);
  return jobs;
}

/** `photos        12 archives   1.2 GiB   since 2026-11-24`. */
export function vaultLine(vault: Vault): string {
  const { VaultName, NumberOfArchives, SizeInBytes, CreationDate } = vault;
  const archives = `${NumberOfArchives} archive${NumberOfArchives === 1 ? "" : "s"}`;
  const size = bytesText(SizeInBytes);
  return `${VaultName}  ${archives}  ${size}  since ${CreationDate.slice(0, 10)}`;
}

export function jobLine({ JobId, Action, StatusCode, ArchiveId, CreationDate }: Job): string {
  const of = ArchiveId ? `  of ${ArchiveId}` : "";
  return `${JobId}  ${Action}  ${StatusCode}  since ${CreationDate}${of}`;
}

export interface Estimate {
  readonly pricesOf: string;
  readonly region: string;
  readonly bytes: number;
  readonly archives: number;
  readonly storagePerMonth: number;
  readonly minimumDays: number;
  readonly retrieval: readonly {
    readonly tier: string;
    readonly takes: string;
    readonly cost: number;
  }[];
}

/** What a vault (or so many bytes of it) costs to keep, and to get back in each tier. */
export function estimate(
  prices: PriceTable,
  { bytes, archives }: { readonly bytes: number; readonly archives: number },
): Estimate {
  return {
    pricesOf: prices.date,
    region: prices.region,
    bytes,
    archives,
    storagePerMonth: monthlyCost(prices, bytes, archives),
    minimumDays: prices.minimumDays,
    retrieval: TIERS.map((tier) => ({
      tier,
      takes: windowText(prices.retrieval[tier].hours),
      cost: retrievalCost(prices, tier, bytes),
    })),
  };
}

export function estimateLines(of: Estimate): string[] {
  return [
    `${bytesText(of.bytes)} in ${of.archives} archives, prices of ${of.pricesOf} in ${of.region}`,
    `keep       ${dollars(of.storagePerMonth)} a month, at least ${of.minimumDays} days`,
    ...of.retrieval.map(
      ({ tier, takes, cost }) => `${tier.padEnd(9)}  ${dollars(cost)}, takes ${takes}`,
    ),
  ];
}

/** `512MiB`, `10GB`, `1000000`: bytes. @throws CommandError 2. */
export function sizeFrom(text: string): number {
  const found = /^(\d+(?:\.\d+)?)\s*([KMGT])?(i?B)?$/i.exec(text);
  if (found === null) throw new CommandError(2, `"${text}" is no size: write 512MiB or 10GB.`);
  const [, number, unit] = found;
  return Math.round(Number(number) * 1024 ** " KMGT".indexOf((unit ?? " ").toUpperCase()));
}
