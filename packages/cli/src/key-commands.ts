import type { Command } from "commander";
import type { ServeIo } from "./serve.ts";

const WHERE_KEYS_ARE = `
The key that the store has now: --key-file, FIRN_ENCRYPTION_KEY or FIRN_ENCRYPTION_PASSPHRASE. The
new one: --new-key-file, FIRN_NEW_ENCRYPTION_KEY or FIRN_NEW_ENCRYPTION_PASSPHRASE; without one the
old key stays, and only the key of new data is new. Nothing that is stored is read or written.
Backups that were made before take the key of their time.`;

/** `firn keys`. */
export function addKeys(program: Command, io: ServeIo): void {
  const keys = program.command("keys").description("the keys of encryption at rest");
  keys
    .command("new")
    .description("make a key file that only its owner may read")
    .argument("<file>")
    .action(async (file: string) => {
      const { newKey } = await import("./keys.ts");
      await newKey(file, io);
    });
  keys
    .command("show")
    .description("which keys a directory names; takes no key")
    .argument("<directory>")
    .option("--json", "print JSON")
    .action(async (directory: string, { json = false }: { readonly json?: boolean }) => {
      const { showKeys } = await import("./keys.ts");
      await showKeys(directory, json, io);
    });
  keys
    .command("rotate")
    .description("another key for a directory that no process has open")
    .argument("<directory>")
    .option("--key-file <FILE>", "the key that it has now")
    .option("--new-key-file <FILE>", "the key that it gets")
    .option("--json", "print JSON")
    .addHelpText("after", WHERE_KEYS_ARE)
    .action(
      async (
        directory: string,
        flags: { readonly keyFile?: string; readonly newKeyFile?: string; readonly json?: boolean },
      ) => {
        const { rotate } = await import("./keys.ts");
        await rotate(directory, flags, io);
      },
    );
}
