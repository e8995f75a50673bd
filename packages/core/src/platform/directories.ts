import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A new, empty directory for a throw-away store. */
export function makeTemporaryDirectory(): Promise<string> {
  return mkdtemp(join(tmpdir(), "firn-"));
}

/** Mode 0600: for sockets and key files. */
export function restrictToOwner(path: string): Promise<void> {
  return chmod(path, 0o600);
}

/** Removes a file (a socket that a killed process left); an absent one is no error. */
export function removeFile(path: string): Promise<void> {
  return rm(path, { force: true });
}
