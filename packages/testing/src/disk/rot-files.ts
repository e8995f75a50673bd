import { NodeFileSystem } from "@firn/core";
import type { FileSystem } from "@firn/core";

/**
 * Flips one bit in the middle of those bytes in each file below the directory that holds them:
 * rot, on a real disk, under a store that may be open. Returns how many files it has changed.
 */
export async function rotFiles(directory: string, bytes: Uint8Array): Promise<number> {
  const fileSystem = new NodeFileSystem({ sync: false });
  const needle = Buffer.from(bytes);
  let changed = 0;
  for (const path of await filesBelow(fileSystem, directory)) {
    const content = Buffer.from(await fileSystem.readFile(path));
    const at = content.indexOf(needle);
    if (at < 0) continue;
    const middle = at + Math.floor(needle.length / 2);
    const file = await fileSystem.open(path, { create: false });
    await file.write([Uint8Array.of((content[middle] as number) ^ 1)], middle);
    await file.close();
    changed++;
  }
  return changed;
}

/** Regular files: what can neither be listed nor opened is a socket. */
async function filesBelow(fileSystem: FileSystem, directory: string): Promise<string[]> {
  const paths: string[] = [];
  for (const name of await fileSystem.list(directory)) {
    const path = `${directory}/${name}`;
    try {
      await (await fileSystem.open(path, { create: false })).close();
      paths.push(path);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EISDIR") paths.push(...(await filesBelow(fileSystem, path)));
      else if (code !== "ENXIO") throw error;
    }
  }
  return paths;
}
