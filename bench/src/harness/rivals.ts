import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

const rivalsFolder = new URL("../../rivals/", import.meta.url);

/** True after `npx -y pnpm@12.21.0 install --dir bench/rivals`. */
export function rivalsInstalled(): boolean {
  return existsSync(fileURLToPath(new URL("node_modules", rivalsFolder)));
}

/** A file in a rival's package, which may have no module. */
export function rivalFile(name: string, file: string): string {
  return fileURLToPath(new URL(`node_modules/${name}/${file}`, rivalsFolder));
}

/**
 * A rival's module; its types are what the caller says, since nothing here may need it installed.
 */
export async function loadRival<T>(name: string): Promise<T> {
  const resolve = createRequire(new URL("package.json", rivalsFolder)).resolve;
  return (await import(pathToFileURL(resolve(name)).href)) as T;
}
