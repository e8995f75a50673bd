import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { SeededRandom } from "@firn/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { repositoryRoot } from "../support/repository.ts";
import { startServer } from "../support/server.ts";
import type { RunningServer } from "../support/server.ts";

const run = promisify(execFile);
const firn: string = join(repositoryRoot, "packages/cli/bundle/main.js");
const MIB = 1024 * 1024;
let server: RunningServer;
let folder: string;

beforeAll(async () => {
  server = await startServer({ flags: ["--clock", "manual"] });
  folder = await mkdtemp(join(tmpdir(), "firn-cold-"));
});

afterAll(async () => {
  await server.remove();
  await rm(folder, { recursive: true });
});

async function python(): Promise<string> {
  const own = join(process.env["HOME"] ?? "", ".cache/firn-ci/aws/bin/python3");
  for (const program of ["python3", own]) {
    const has = await run(program, ["-c", "import boto3"]).then(
      () => true,
      () => false,
    );
    if (has) return program;
  }
  throw new Error("no python3 with boto3");
}

test("boto3: archives, ranges, inventories, locks; and a lifecycle's cold object, restored and expired", async () => {
  const tour = fileURLToPath(new URL("boto3-cold-tour.py", import.meta.url));
  const { stdout } = await run(await python(), [tour, process.execPath, firn], {
    env: { ...process.env, ...server.environment },
  });
  expect(stdout.trim()).toBe("ok");
});

/** `firn WORDS…` to its end. */
async function command(...words: readonly string[]): Promise<string> {
  const env = { ...process.env, ...server.environment };
  return (await run(process.execPath, [firn, ...words], { env })).stdout.trim();
}

/** Begins the command and kills it, without a word, once `hasBegun` says so. */
async function killed(words: readonly string[], hasBegun: () => Promise<boolean>): Promise<void> {
  const env = { ...process.env, ...server.environment };
  const child = spawn(process.execPath, [firn, ...words], { env, stdio: "ignore" });
  const exited = once(child, "exit");
  await expect.poll(hasBegun, { interval: 5, timeout: 60_000 }).toBe(true);
  child.kill("SIGKILL");
  const [code] = (await exited) as [number | null];
  expect(code, "it ended before it was killed").toBe(null);
}

const size = async (file: string): Promise<number> =>
  (await stat(file).catch(() => undefined))?.size ?? 0;

test("firn vault put and get go on where they were after kill -9", async () => {
  const file = join(folder, "film");
  const bytes = 192 * MIB;
  await writeFile(file, new SeededRandom(5).bytes(bytes));
  await run("aws", ["glacier", "create-vault", "--account-id", "-", "--vault-name", "films"], {
    env: { ...process.env, ...server.environment },
  });
  await killed(["vault", "put", "films", file], async () => {
    const state = await readFile(`${file}.firn-upload`, "utf8").catch(() => "{}");
    const { uploadId } = JSON.parse(state || "{}") as { readonly uploadId?: string };
    if (uploadId === undefined) return false;
    const words = ["list-parts", "--account-id", "-", "--vault-name", "films"];
    const { stdout } = await run("aws", ["glacier", ...words, "--upload-id", uploadId], {
      env: { ...process.env, ...server.environment },
    });
    return (JSON.parse(stdout) as { readonly Parts: readonly object[] }).Parts.length > 0;
  });
  const put = JSON.parse(await command("vault", "put", "films", file, "--json")) as {
    readonly archiveId: string;
    readonly resumedBytes: number;
  };
  expect(put.resumedBytes).toBeGreaterThan(0);
  expect(put.resumedBytes).toBeLessThan(bytes);
  const back = join(folder, "back");
  const get = [
    "vault",
    "get",
    "films",
    put.archiveId,
    back,
    "--tier",
    "Expedited",
    "--poll",
    "0.2",
  ];
  // Killed while it waits for its job: the next call finds the job.
  await killed(get, async () => (await size(`${back}.firn-retrieval`)) > 0);
  await command("clock", "advance", "5m");
  await killed(get, async () => (await size(`${back}.part`)) > 0);
  const got = JSON.parse(await command(...get, "--json")) as { readonly resumedBytes: number };
  expect(got.resumedBytes).toBeGreaterThan(0);
  expect((await readFile(back)).equals(await readFile(file))).toBe(true);
  expect(await command("vault", "verify", "films")).toMatch(/^films {2}1 of 1 archives whole/);
});
