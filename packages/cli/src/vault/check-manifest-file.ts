import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { checkManifest } from "@firn/firn";
import { CommandError } from "../command-error.ts";

/**
 * Verifies a manifest without any server, and says what it is of.
 * @throws CommandError 1 when it does not hold, 3 when there is none.
 */
export async function checkManifestFile(
  file: string,
  { key, json }: { readonly key: string | undefined; readonly json: boolean | undefined },
  io: { readonly print: (line: string) => void },
): Promise<void> {
  const checked = await checkManifest(
    createInterface({ input: createReadStream(file) }),
    key,
  ).catch((error: unknown) => {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") throw new CommandError(3, `There is no file ${file}.`);
    throw new CommandError(1, `${message}.`);
  });
  if (json === true) return io.print(JSON.stringify(checked));
  const { vaultName, archives, bytes, madeAt, publicKey } = checked;
  const when = new Date(madeAt).toISOString();
  io.print(`${vaultName}: ${archives} archives, ${bytes} bytes, as of ${when}`);
  io.print(
    `signed by ${publicKey}${key === undefined ? "; compare it with the one you noted" : ""}`,
  );
}
