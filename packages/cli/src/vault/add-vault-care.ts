import type { Command } from "commander";
import { adminTarget, callAdmin } from "../admin-client.ts";
import { CommandError } from "../command-error.ts";
import type { ServeIo } from "../serve.ts";
import { parseClock } from "../setting-parsers.ts";
import { verifyVaults } from "./verify-vaults.ts";

interface CareFlags {
  readonly endpoint?: string;
  readonly json?: boolean;
  readonly rate?: number;
}

/** `firn vault verify`, `scrub`, `repair`, `manifest`, `rebuild`. */
export function addVaultCare(vault: Command, io: ServeIo): void {
  addVerify(vault, io);
  addScrubs(vault, io);
  addManifest(vault, io);
  addRebuild(vault, io);
}

function addCommand(vault: Command, name: string, description: string): Command {
  return vault
    .command(name)
    .description(description)
    .option("--endpoint <URL>", "the server (default $AWS_ENDPOINT_URL)")
    .option("--json", "print JSON");
}

function addVerify(vault: Command, io: ServeIo): void {
  addCommand(vault, "verify", "read every archive and compare its tree hash with its upload's")
    .argument("[vault]", "default: all")
    .action(async (name: string | undefined, { endpoint, json = false }: CareFlags) => {
      const target = adminTarget(io.environment, endpoint);
      await verifyVaults(target, { vault: name, json }, io);
    });
}

/** A scrub repairs what it finds; `repair` begins at the first byte and then verifies archives. */
function addScrubs(vault: Command, io: ServeIo): void {
  addCommand(vault, "scrub", "verify every byte of the store, and repair from parity what rotted")
    .option("--rate <MIB>", "MiB per second", Number)
    .action(async ({ endpoint, json = false, rate }: CareFlags) => {
      const { scrubServer } = await import("../scrub.ts");
      const target = adminTarget(io.environment, endpoint);
      await scrubServer(target, { json, rate: checkRate(rate), restart: false }, io);
    });
  addCommand(vault, "repair", "scrub from the first byte on, then say which archives are whole")
    .argument("[vault]", "default: all")
    .option("--rate <MIB>", "MiB per second", Number)
    .action(async (name: string | undefined, { endpoint, json = false, rate }: CareFlags) => {
      const { scrubServer } = await import("../scrub.ts");
      const target = adminTarget(io.environment, endpoint);
      let damage: unknown;
      await scrubServer(target, { json, rate: checkRate(rate), restart: true }, io).catch(
        (error: unknown) => {
          // What parity could not give back may still be in no archive: the next step says so.
          if (!(error instanceof CommandError && error.exitCode === 1)) throw error;
          damage = error;
        },
      );
      await verifyVaults(target, { vault: name, json }, io);
      if (damage !== undefined) throw damage;
    });
}

function checkRate(rate: number | undefined): number | undefined {
  if (rate === undefined || rate > 0) return rate;
  throw new CommandError(2, "--rate must be a number of MiB per second above 0.");
}

interface ManifestFlags extends CareFlags {
  readonly check?: string;
  readonly key?: string;
}

function addManifest(vault: Command, io: ServeIo): void {
  addCommand(vault, "manifest", "lay signed lists of all vaults beside the data; or check one")
    .option("--check <FILE>", "verify a manifest, without any server")
    .option("--key <HEX>", "the public key that it must be signed with")
    .action(async ({ endpoint, json, check, key }: ManifestFlags) => {
      if (check !== undefined) {
        const { checkManifestFile } = await import("./check-manifest-file.ts");
        return checkManifestFile(check, { key, json }, io);
      }
      if (key !== undefined) throw new CommandError(2, "--key goes with --check.");
      const target = adminTarget(io.environment, endpoint);
      const made = (await callAdmin(target, "/_firn/vaults/manifest", {})) as {
        readonly vaults: number;
        readonly folder: string;
        readonly publicKey: string;
      };
      if (json === true) return io.print(JSON.stringify(made));
      io.print(`${made.vaults} manifests in ${made.folder}`);
      io.print(`public key ${made.publicKey}: keep it where nobody who may write there may write`);
    });
}

interface RebuildFlags {
  readonly clock?: string;
  readonly encryptionKeyFile?: string;
  readonly json?: boolean;
}

function addRebuild(vault: Command, io: ServeIo): void {
  vault
    .command("rebuild")
    .description("make a store of the segments alone, and verify every archive in it")
    .argument("<directory>", "where log and extents lie; nothing in it is changed")
    .argument("<target>", "a new directory")
    .option("--clock <MODE>", "what the store's clock was: real, manual or scaled:FACTOR")
    .option("--encryption-key-file <FILE>", "the key of an encrypted directory")
    .option("--json", "print JSON")
    .action(async (directory: string, target: string, flags: RebuildFlags) => {
      const clockMode = flags.clock === undefined ? undefined : parseClock(flags.clock);
      const { rebuildVaults } = await import("./rebuild-vaults.ts");
      const { encryptionKeyFile, json = false } = flags;
      await rebuildVaults({ directory, target, clockMode, json, encryptionKeyFile }, io);
    });
}
