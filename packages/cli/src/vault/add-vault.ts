import { readFile } from "node:fs/promises";
import { Command } from "commander";
import { adminTarget } from "../admin-client.ts";
import { CommandError } from "../command-error.ts";
import { bytesText } from "../progress.ts";
import type { ServeIo } from "../serve.ts";
import {
  describeVault,
  estimate,
  estimateLines,
  jobLine,
  listJobs,
  listVaults,
  sizeFrom,
  vaultLine,
} from "./describe.ts";
import { addVaultCare } from "./add-vault-care.ts";
import { GlacierClient, pathOf } from "./glacier-client.ts";
import { readPrices, tierFrom } from "./prices.ts";
import { putFile } from "./put.ts";
import { getArchive, startJob, waitForJob } from "./retrieve.ts";
import type { Waiting } from "./retrieve.ts";

const HELP = `
Speaks the vault API to the running server, with the keys in AWS_ACCESS_KEY_ID and
AWS_SECRET_ACCESS_KEY. put and get go on where they were when they are called again. scrub and
repair work on the whole store; rebuild works on a directory that no process has open.

Exit codes: 0 success, 1 the command found damage or was refused, 2 wrong usage, 3 the server or the
directory is not to be had.`;

interface Flags {
  readonly endpoint?: string;
  readonly json?: boolean;
  readonly prices?: string;
}

/** `firn vault`: what clients do with vaults; `add-vault-care.ts` has what keeps them whole. */
export function addVault(program: Command, io: ServeIo): void {
  const vault = program
    .command("vault")
    .description("the cold archive of a running server")
    .addHelpText("after", HELP);
  addPut(vault, io);
  addGet(vault, io);
  addList(vault, io);
  addInventory(vault, io);
  addEstimate(vault, io);
  addLock(vault, io);
  addVaultCare(vault, io);
}

function clientOf(io: ServeIo, { endpoint }: Flags): GlacierClient {
  return new GlacierClient(adminTarget(io.environment, endpoint), io.environment["AWS_REGION"]);
}

/** A command with the options that all of them have. */
function addCommand(vault: Command, name: string, description: string): Command {
  return vault
    .command(name)
    .description(description)
    .option("--endpoint <URL>", "the server (default $AWS_ENDPOINT_URL)")
    .option("--json", "print JSON");
}

function tell(io: ServeIo, json: boolean | undefined, value: unknown, lines: string[]): void {
  if (json === true) io.print(JSON.stringify(value));
  else for (const line of lines) io.print(line);
}

function addPut(vault: Command, io: ServeIo): void {
  addCommand(vault, "put", "store a file as an archive")
    .argument("<vault>")
    .argument("<file>")
    .option("--description <TEXT>", "kept with the archive (default: none)", "")
    .action(async (name: string, file: string, flags: Flags & { description: string }) => {
      const { description } = flags;
      const options = { vault: name, file, description };
      const put = await putFile(clientOf(io, flags), options, io.progress);
      const resumed = put.resumedBytes > 0 ? `, ${bytesText(put.resumedBytes)} were there` : "";
      tell(io, flags.json, put, [put.archiveId, `${bytesText(put.bytes)} stored${resumed}`]);
    });
}

interface TierFlags extends Flags {
  readonly tier: string;
  readonly poll: number;
}

function addGet(vault: Command, io: ServeIo): void {
  addCommand(vault, "get", "retrieve an archive into a file; waits until it is there")
    .argument("<vault>")
    .argument("<archive>")
    .argument("<file>")
    .option("--tier <TIER>", "Expedited, Standard or Bulk", "Standard")
    .option(...pollOption)
    .action(async (name: string, archiveId: string, file: string, flags: TierFlags) => {
      const client = clientOf(io, flags);
      const options = { vault: name, archiveId, file, tier: tierFrom(flags.tier) };
      const got = await getArchive(client, options, {
        ...waiting(io, flags.poll),
        progress: io.progress,
      });
      const lines = [`${bytesText(got.bytes)} in ${file}, tree hash ${got.treeHash}`];
      tell(io, flags.json, got, lines);
    });
}

const pollOption = ["--poll <SECONDS>", "between two looks at the job", Number, 2] as const;

function waiting(io: ServeIo, seconds: number): Waiting {
  if (!(seconds > 0)) throw new CommandError(2, "--poll must be a number of seconds above 0.");
  return {
    pollMs: seconds * 1000,
    waiting: ({ JobId, Tier }) =>
      io.progress?.(`waiting for job ${JobId}${Tier ? ` (${Tier})` : ""}`),
  };
}

function addList(vault: Command, io: ServeIo): void {
  addCommand(vault, "list", "the vaults, or the jobs of one")
    .argument("[vault]")
    .action(async (name: string | undefined, flags: Flags) => {
      const client = clientOf(io, flags);
      if (name === undefined) {
        const vaults = await listVaults(client);
        return tell(io, flags.json, vaults, vaults.map(vaultLine));
      }
      const [one, jobs] = await Promise.all([describeVault(client, name), listJobs(client, name)]);
      tell(io, flags.json, { ...one, jobs }, [vaultLine(one), ...jobs.map(jobLine)]);
    });
}

interface InventoryFlags extends Flags {
  readonly format: string;
  readonly poll: number;
}

function addInventory(vault: Command, io: ServeIo): void {
  addCommand(vault, "inventory", "the archives of a vault; waits until the job is done")
    .argument("<vault>")
    .option("--format <FORMAT>", "JSON or CSV", "CSV")
    .option(...pollOption)
    .action(async (name: string, flags: InventoryFlags) => {
      const client = clientOf(io, flags);
      const format = flags.json === true ? "JSON" : flags.format;
      const jobId = await startJob(client, name, { Type: "inventory-retrieval", Format: format });
      await waitForJob(client, { vault: name, jobId }, waiting(io, flags.poll));
      io.progress?.("");
      const path = pathOf("vaults", name, "jobs", jobId, "output");
      const answer = await client.send({ method: "GET", path });
      io.print((await answer.text()).trimEnd());
    });
}

function addEstimate(vault: Command, io: ServeIo): void {
  addCommand(vault, "estimate", "what a vault, or so much of it, costs to keep and to get back")
    .argument("<vault>")
    .option("--size <SIZE>", "so much instead of all: 512MiB, 10GB", sizeFrom)
    .option("--prices <FILE>", "your own price table, JSON")
    .action(async (name: string, flags: Flags & { readonly size?: number }) => {
      const prices = await readPrices(flags.prices);
      const one = await describeVault(clientOf(io, flags), name);
      const { size } = flags;
      const of =
        size === undefined
          ? { bytes: one.SizeInBytes, archives: one.NumberOfArchives }
          : { bytes: size, archives: 1 };
      const told = estimate(prices, of);
      tell(io, flags.json, told, estimateLines(told));
    });
}

interface LockFlags extends Flags {
  readonly policy?: string;
  readonly complete?: string;
  readonly abort?: boolean;
}

function addLock(vault: Command, io: ServeIo): void {
  addCommand(vault, "lock", "show a vault's lock; or begin, complete or abort it")
    .argument("<vault>")
    .option("--policy <FILE>", "begin: the policy, for 24 hours to be tried")
    .option("--complete <ID>", "make it permanent, for everybody")
    .option("--abort", "take it back before it is complete")
    .action(async (name: string, flags: LockFlags) => {
      const client = clientOf(io, flags);
      const path = pathOf("vaults", name, "lock-policy");
      const { policy, complete, abort, json } = flags;
      if ([policy, complete, abort].filter((flag) => flag !== undefined).length > 1) {
        throw new CommandError(2, "One of --policy, --complete and --abort at a time.");
      }
      if (policy !== undefined) {
        const body = JSON.stringify({ Policy: await policyFrom(policy) });
        const answer = await client.send({ method: "POST", path, body });
        const lockId = answer.headers.get("x-amz-lock-id") ?? "";
        return tell(io, json, { lockId }, [lockId]);
      }
      if (complete !== undefined) {
        await client.send({ method: "POST", path: `${path}/${encodeURIComponent(complete)}` });
      }
      if (abort === true) {
        await client.send({ method: "DELETE", path });
        return tell(io, json, {}, ["The lock was taken back."]);
      }
      const lock = await client.read<Readonly<Record<string, unknown>>>({ method: "GET", path });
      tell(io, json, lock, [`${String(lock["State"])} ${String(lock["Policy"])}`]);
    });
}

async function policyFrom(file: string): Promise<string> {
  return readFile(file, "utf8").catch(() => {
    throw new CommandError(2, `There is no policy to be read from ${file}.`);
  });
}
