import { Command } from "commander";
import { version } from "@firn/firn";
import { adminTarget } from "./admin-client.ts";
import { addBackup, addRestore } from "./backup-commands.ts";
import { CommandError } from "./command-error.ts";
import { advanceClock, clockLine, readClock } from "./clock.ts";
import { addCost } from "./cost/add-cost.ts";
import { addKeys } from "./key-commands.ts";
import type { ServeIo } from "./serve.ts";
import { resolveSettings, serveSettings } from "./settings.ts";
import { addVault } from "./vault/add-vault.ts";
import { addVolume } from "./volume/add-volume.ts";

const EXIT_CODES = `
Exit codes: 0 success, 1 the command found a problem, 2 wrong usage, 3 the store or the port is not
to be had.`;

const CONFIGURATION = `
Every option may stand in the environment (--nbd-port as FIRN_NBD_PORT) and in firn.json (as
"nbdPort"). Options win over the environment, the environment wins over the file. Root's key is drawn
when the store is made, or taken from FIRN_ROOT_ACCESS_KEY_ID and FIRN_ROOT_SECRET_ACCESS_KEY.`;

interface EndpointOptions {
  readonly endpoint?: string;
  readonly json?: boolean;
}

/** The command line: `firn serve`, and every command of administration. */
export function makeProgram(io: ServeIo): Command {
  const program = new Command("firn")
    .description("One storage engine with four faces: objects, tables, volumes, cold archive")
    .version(version)
    // Inherited by the commands below: wrong usage is an error here, not the end of the process.
    .exitOverride()
    .addHelpText("after", EXIT_CODES);
  addServe(program, io);
  addCheck(program, io);
  addScrub(program, io);
  addCompact(program, io);
  addStatus(program, io);
  addClock(program, io);
  addBackup(program, io);
  addRestore(program, io);
  addKeys(program, io);
  addVault(program, io);
  addVolume(program, io);
  addCost(program, io);
  return program;
}

function addCheck(program: Command, io: ServeIo): void {
  program
    .command("check")
    .description("verify every byte of a directory that no process has open")
    .argument("<directory>")
    .option("--json", "print the report as JSON")
    .action(async (directory: string, { json = false }: { readonly json?: boolean }) => {
      const { check } = await import("./check.ts");
      await check(directory, { json }, io);
    });
}

const ONLINE = `
With a directory: one that no process has open. Without: the store of the running server, with
root's key in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.`;

interface ScrubFlags extends EndpointOptions {
  readonly rate?: number;
  readonly restart?: boolean;
  readonly parityDirectory?: string;
}

function addScrub(program: Command, io: ServeIo): void {
  program
    .command("scrub")
    .description("verify every byte, and repair from parity what has rotted")
    .argument("[directory]")
    .option("--endpoint <URL>", "the server (default $AWS_ENDPOINT_URL)")
    .option("--rate <MIB>", "MiB per second, of a server", (text) => rateFrom(text))
    .option("--restart", "from the first byte on, of a server")
    .option("--parity-directory <DIR>", "where parity lies when not in the directory itself")
    .option("--json", "print the report as JSON")
    .addHelpText("after", ONLINE)
    .action(async (directory: string | undefined, flags: ScrubFlags) => {
      const { scrubDirectory, scrubServer } = await import("./scrub.ts");
      const { endpoint, rate, restart = false, parityDirectory, json = false } = flags;
      if (directory !== undefined) await scrubDirectory(directory, { json, parityDirectory }, io);
      else await scrubServer(adminTarget(io.environment, endpoint), { json, rate, restart }, io);
    });
}

function rateFrom(text: string): number {
  const rate = Number(text);
  if (rate > 0) return rate;
  throw new CommandError(2, `--rate must be a number above 0, not "${text}".`);
}

function addCompact(program: Command, io: ServeIo): void {
  program
    .command("compact")
    .description("give back the room that nothing needs any more; a server does so by itself")
    .argument("<directory>")
    .option("--json", "print the report as JSON")
    .action(async (directory: string, { json = false }: { readonly json?: boolean }) => {
      const { compactDirectory } = await import("./compact.ts");
      await compactDirectory(directory, json, io);
    });
}

function addStatus(program: Command, io: ServeIo): void {
  program
    .command("status")
    .description("head, index lag, space, pins, parity, and the last scrub")
    .argument("[directory]")
    .option("--endpoint <URL>", "the server (default $AWS_ENDPOINT_URL)")
    .option("--json", "print JSON")
    .addHelpText("after", ONLINE)
    .action(async (directory: string | undefined, { endpoint, json = false }: EndpointOptions) => {
      const { directoryStatus, serverStatus } = await import("./status.ts");
      if (directory !== undefined) await directoryStatus(directory, json, io);
      else await serverStatus(adminTarget(io.environment, endpoint), json, io);
    });
}

function addServe(program: Command, io: ServeIo): void {
  const command = program.command("serve").description("serve the AWS APIs from a directory");
  for (const { flag, argument, help } of serveSettings) command.option(`${flag} ${argument}`, help);
  command
    .option("--config <FILE>", "configuration (default ./firn.json when there is one)")
    .addHelpText("after", CONFIGURATION)
    .action(async (flags: Record<string, unknown>) => {
      const settings = resolveSettings({ flags, environment: io.environment });
      const { serve } = await import("./serve.ts");
      await serve(settings, io);
    });
}

function addClock(program: Command, io: ServeIo): void {
  const clock = program.command("clock").description("the clock of a running server");
  const withTarget = (command: Command): Command =>
    command
      .option("--endpoint <URL>", "the server (default $AWS_ENDPOINT_URL)")
      .option("--json", "print JSON");
  withTarget(clock.command("get", { isDefault: true }).description("show it")).action(
    async ({ endpoint, json }: EndpointOptions) => {
      const answer = await readClock(adminTarget(io.environment, endpoint));
      io.print(json === true ? JSON.stringify(answer) : clockLine(answer));
    },
  );
  withTarget(
    clock.command("advance").argument("<duration>").description("move a manual clock: 5h30m"),
  ).action(async (duration: string, { endpoint, json }: EndpointOptions) => {
    const answer = await advanceClock(adminTarget(io.environment, endpoint), duration);
    io.print(json === true ? JSON.stringify(answer) : clockLine(answer));
  });
}
