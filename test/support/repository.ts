import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** Root of the work tree, with a slash at its end. */
export const repositoryRoot: string = new URL("../../", import.meta.url).pathname;

/** What is made by tools and never committed. */
const generated = new Set([
  "node_modules",
  "dist",
  "bundle",
  ".git",
  ".tsbuild",
  "firn-data",
  "coverage",
]);

export interface TextFile {
  /** Relative to the root, with slashes. */
  readonly path: string;
  readonly text: string;
}

/** Files below `folder` (relative to the root) whose path matches, in order of path. */
export function textFiles(folder: string, pattern: RegExp): TextFile[] {
  const found: TextFile[] = [];
  walk(join(repositoryRoot, folder), (absolute) => {
    const path = relative(repositoryRoot, absolute);
    if (pattern.test(path)) found.push({ path, text: readFileSync(absolute, "utf8") });
  });
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

export function readJson(path: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(repositoryRoot, path), "utf8")) as Record<string, unknown>;
}

function walk(folder: string, visit: (absolute: string) => void): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (generated.has(entry.name)) continue;
    const absolute = join(folder, entry.name);
    if (entry.isDirectory()) walk(absolute, visit);
    else if (entry.isFile()) visit(absolute);
  }
}
