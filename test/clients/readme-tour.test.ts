import { execFile } from "node:child_process";
import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { repositoryRoot } from "../support/repository.ts";
import { startServer } from "../support/server.ts";
import type { RunningServer } from "../support/server.ts";

const run = promisify(execFile);
const readme = join(repositoryRoot, "README.md");
let server: RunningServer;
let folder: string;

beforeAll(async () => {
  server = await startServer({ flags: ["--throttle", "on"] });
  folder = await mkdtemp(join(tmpdir(), "firn-tour-"));
  await copyFile(readme, join(folder, "README.md"));
});

afterAll(async () => {
  await server.remove();
  await rm(folder, { recursive: true, force: true });
});

test("the README's tour runs line by line against a fresh server", async () => {
  const tour = /```sh\n([\s\S]*?)```/.exec(await readFile(readme, "utf8"))?.[1] ?? "";
  const lines = tour.trimEnd().split("\n");
  expect(lines).toHaveLength(10);
  const printed: string[] = [];
  for (const line of lines) {
    const { stdout } = await run("bash", ["-euo", "pipefail", "-c", line], {
      cwd: folder,
      env: { ...process.env, ...server.environment, AWS_PAGER: "" },
    });
    printed.push(stdout);
  }
  expect(printed).toEqual([
    expect.stringContaining("make_bucket: photos"),
    expect.stringMatching(/README\.md\n# Firn\n$/),
    expect.stringContaining('"TableStatus"'),
    expect.anything(),
    expect.stringContaining('"CapacityUnits": 0.5'),
    expect.stringContaining("throttled"),
    expect.stringMatching(/^vol-[0-9a-f]{17}\n$/),
    expect.stringMatching(/^vol-[0-9a-f]{17}\t8\tavailable\n$/),
    expect.stringContaining('"location": "/'),
    expect.stringMatching(/^"[0-9a-f]{64}"\n$/),
  ]);
});
