import { Command } from "commander";
import { version } from "@firn/firn";
import { adminTarget } from "./admin-client.ts";
import { advanceClock, clockLine, readClock } from "./clock.ts";
import type { ServeIo } from "./serve.ts";
import { resolveSettings, serveSettings } from "./settings.ts";

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

/** The command line: `firn serve`, `firn check`, `firn clock`. */
export function makeProgram(io: ServeIo): Command {
  const program = new Command("firn")
    .description("One storage engine with four faces: objects, tables, volumes, cold archive")
    .version(version)
    // Inherited by the commands below: wrong usage is an error here, not the end of the process.
    .exitOverride()
    .addHelpText("after", EXIT_CODES);
  addServe(program, io);
  addCheck(program, io);
  addClock(program, io);
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
