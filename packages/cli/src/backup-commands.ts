import type { Command } from "commander";
import { adminTarget } from "./admin-client.ts";
import { CommandError } from "./command-error.ts";
import type { ServeIo } from "./serve.ts";

interface BackupFlags {
  readonly directory?: string;
  readonly endpoint?: string;
  readonly keep?: number;
  readonly keyFile?: string;
  readonly list?: boolean;
  readonly json?: boolean;
}

interface RestoreFlags {
  readonly keyFile?: string;
  readonly number?: number;
  readonly json?: boolean;
}

const WHERE = `
With --directory: one that no process has open. Without: the store of the running server, on its own
machine, with root's key in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Each backup after the first
copies only what is new. It holds what the store holds, secret access keys included: seal it with a
key of its own, or keep it as private as the store.`;

const TARGET = `
A target is a directory or s3://BUCKET/PREFIX. For a bucket: FIRN_BACKUP_ACCESS_KEY_ID,
FIRN_BACKUP_SECRET_ACCESS_KEY, and where they apply FIRN_BACKUP_SESSION_TOKEN, FIRN_BACKUP_REGION
(default us-east-1) and FIRN_BACKUP_ENDPOINT (default AWS). FIRN_BACKUP_KEY_FILE names a key file.`;
const KEY_FLAG = "--key-file <FILE>";

/** `firn backup`. */
export function addBackup(program: Command, io: ServeIo): void {
  program
    .command("backup")
    .description("copy the store, while it is used, to a directory or a bucket")
    .argument("<target>")
    .option("--directory <DIR>", "a store that no process has open")
    .option("--endpoint <URL>", "the server (default $AWS_ENDPOINT_URL)")
    .option("--keep <COUNT>", "remove older backups than so many", (text) => count("--keep", text))
    .option(KEY_FLAG, "32 bytes that seal the backup; without them nobody reads it")
    .option("--list", "show what backups there are, and make none")
    .option("--json", "print the report as JSON")
    .addHelpText("after", `${WHERE}\n${TARGET}`)
    .action(async (text: string, flags: BackupFlags) => {
      const { backupTarget } = await import("./backup-target.ts");
      const { backupDirectory, backupServer, listBackups } = await import("./backup.ts");
      const { directory, endpoint, keep, keyFile, list = false, json = false } = flags;
      const target = backupTarget({ text, keyFile }, io.environment);
      const options = { target, keep, json };
      if (list) await listBackups(target, json, io);
      else if (directory !== undefined) await backupDirectory(directory, options, io);
      else await backupServer(adminTarget(io.environment, endpoint), options, io);
    });
}

/** `firn restore`. */
export function addRestore(program: Command, io: ServeIo): void {
  program
    .command("restore")
    .description("make a store of a backup in a new directory, and verify it")
    .argument("<source>")
    .argument("<directory>")
    .option("--number <N>", "which backup (default the newest)", (text) => count("--number", text))
    .option(KEY_FLAG, "the 32 bytes that it was sealed with")
    .option("--json", "print the report as JSON")
    .addHelpText("after", TARGET)
    .action(async (text: string, directory: string, flags: RestoreFlags) => {
      const { number, keyFile, json = false } = flags;
      const { backupTarget } = await import("./backup-target.ts");
      const { restore } = await import("./restore.ts");
      const source = backupTarget({ text, keyFile }, io.environment);
      await restore(directory, { source, number, json }, io);
    });
}

function count(flag: string, text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1) return number;
  throw new CommandError(2, `${flag} must be a whole number above 0, not "${text}".`);
}
