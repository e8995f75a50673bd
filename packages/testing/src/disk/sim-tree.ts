import { diskError } from "./disk-fault.ts";
import { SimDirectory } from "./sim-directory.ts";
import type { SimNode } from "./sim-directory.ts";
import { SimFile } from "./sim-file.ts";

/** Makes the directories that are missing. @throws EEXIST when a file is in the way. */
export function makeTree(root: SimDirectory, path: string): void {
  let node = root;
  for (const name of split(path)) {
    let next = node.entries.get(name);
    if (next instanceof SimFile) throw diskError("EEXIST", "mkdir", path);
    if (next === undefined) node.create(name, (next = new SimDirectory()));
    node = next;
  }
}

export function findNode(root: SimDirectory, path: string): SimNode | undefined {
  let node: SimNode | undefined = root;
  for (const name of split(path)) {
    node = node instanceof SimDirectory ? node.entries.get(name) : undefined;
  }
  return node;
}

/** Every file below a node, with its path. */
export function* filesOf(path: string, node: SimNode): Generator<[string, SimFile]> {
  if (node instanceof SimFile) {
    yield [path, node];
    return;
  }
  for (const [name, inner] of node.entries) yield* filesOf(`${path}/${name}`, inner);
}

/** Bytes of all files below a node. */
export function sizeOf(node: SimNode): number {
  let bytes = 0;
  for (const [, file] of filesOf("", node)) bytes += file.size;
  return bytes;
}

/** A tree is removed leaf by leaf, so that a crash can leave any part of it. */
export function emptyTree(node: SimNode): void {
  if (node instanceof SimFile) return;
  for (const [name, inner] of node.entries) {
    emptyTree(inner);
    node.remove(name);
  }
}

function split(path: string): string[] {
  return path.split("/").filter((name) => name !== "");
}
