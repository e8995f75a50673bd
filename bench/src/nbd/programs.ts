import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { promisify } from "node:util";

export const run: (program: string, words: readonly string[]) => Promise<{ stdout: string }> =
  promisify(execFile);

/** Whether a program can be run here. */
export function isInstalled(program: string): boolean {
  return spawnSync(program, ["--version"], { stdio: "ignore" }).error === undefined;
}

/** A server in the foreground, ready when its socket is there. */
export async function startProgram(
  program: string,
  words: readonly string[],
  socketPath: string,
): Promise<{ stop(): Promise<void> }> {
  const child = spawn(program, words, { stdio: ["ignore", "ignore", "inherit"] });
  while (!existsSync(socketPath)) {
    if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    stop: async () => {
      if (child.exitCode !== null) return;
      child.kill("SIGTERM");
      await once(child, "exit");
    },
  };
}
