import { mkdtemp, readFile, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SeededRandom } from "@firn/core";
import { Firn } from "@firn/firn";
import type { FirnServer } from "@firn/firn";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeProgram } from "../program.ts";

const rootCredentials = { accessKeyId: "VAULTROOT", secretAccessKey: "vault/secret" };
const MIB = 1024 * 1024;
const quick = ["--poll", "0.1"];

let directory: string;
let firn: Firn;
let server: FirnServer;
let endpoint: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "firn-vault-"));
  await start();
  await firn.archive.createVault({ vaultName: "photos" });
});

afterAll(async () => {
  await firn.close();
  await rm(directory, { recursive: true, force: true });
});

async function start(): Promise<void> {
  const clockMode = { kind: "manual" } as const;
  firn = await Firn.open({ directory: join(directory, "data"), clockMode, rootCredentials });
  server = await firn.listen({ port: 0, logLevel: "silent" });
  endpoint = server.address.endpoint;
}

/** What the command printed. */
async function vault(...words: string[]): Promise<string[]> {
  const lines: string[] = [];
  const program = makeProgram({
    environment: {
      AWS_ACCESS_KEY_ID: rootCredentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: rootCredentials.secretAccessKey,
      AWS_ENDPOINT_URL: endpoint,
    },
    print: (line) => lines.push(line),
    stopped: new Promise(() => {}),
  });
  await program.parseAsync(["vault", ...words], { from: "user" });
  return lines;
}

/** Moves the clock over and over, until what waits for it has come to its end. */
async function whileTimePasses<T>(work: Promise<T>): Promise<T> {
  let done = false;
  const ended = work.finally(() => (done = true));
  ended.catch(() => undefined);
  while (!done) {
    await firn.store.advanceClock(900_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return ended;
}

async function makeFile(name: string, bytes: number): Promise<string> {
  const file = join(directory, name);
  await writeFile(file, new SeededRandom(bytes).bytes(bytes));
  return file;
}

test("a file is stored, listed, and comes back byte for byte", async () => {
  const file = await makeFile("small", 100_000);
  const [archiveId = ""] = await vault("put", "photos", file, "--description", "small one");
  expect((await vault("list"))[0]).toMatch(/^photos {2}1 archive {2}98 KiB {2}since /);
  const back = join(directory, "small.back");
  const [line] = await whileTimePasses(
    vault("get", "photos", archiveId, back, "--tier", "bulk", ...quick),
  );
  expect(line).toMatch(/^98 KiB in /);
  expect(await readFile(back)).toEqual(await readFile(file));
  const [, job] = await vault("list", "photos");
  expect(job).toContain(`ArchiveRetrieval  Succeeded`);
  expect((await readdir(directory)).filter((name) => name.startsWith("small."))).toEqual([
    "small.back",
  ]);
  const inventory = await whileTimePasses(vault("inventory", "photos", ...quick));
  expect(inventory.join("\n")).toContain(`${archiveId}`);
});

test("an upload that was broken off goes on where it was, also behind a restart", async () => {
  const file = await makeFile("large", 20 * MIB);
  // The server goes away in the middle of the upload.
  const broken = vault("put", "photos", file).catch((error: Error) => error.message);
  const upload = `${file}.firn-upload`;
  await expect.poll(() => readFile(upload, "utf8").catch(() => "")).not.toBe("");
  const { uploadId } = JSON.parse(await readFile(upload, "utf8")) as { uploadId: string };
  const partThere = async (): Promise<number> => {
    const found = await firn.archive.listParts({ vaultName: "photos", uploadId });
    return found.items.length;
  };
  await expect.poll(partThere, { interval: 1 }).toBeGreaterThan(0);
  await firn.close();
  expect(await broken).toMatch(/No server answers|refused|broken/);
  await start();
  const [text = ""] = await vault("put", "photos", file, "--json");
  const put = JSON.parse(text) as { archiveId: string; resumedBytes: number; bytes: number };
  expect(put.bytes).toBe(20 * MIB);
  expect(put.resumedBytes).toBeGreaterThan(0);
  const back = join(directory, "large.back");
  await whileTimePasses(vault("get", "photos", put.archiveId, back, ...quick));
  expect((await readFile(back)).equals(await readFile(file))).toBe(true);
});

test("a download goes on behind what it has, and a changed part of it is told", async () => {
  const file = await makeFile("again", 3 * MIB);
  const [archiveId = ""] = await vault("put", "photos", file);
  const back = join(directory, "again.back");
  const bytes = await readFile(file);
  await writeFile(`${back}.part`, bytes.subarray(0, 2 * MIB));
  const [text = ""] = await whileTimePasses(
    vault("get", "photos", archiveId, back, "--json", ...quick),
  );
  expect(JSON.parse(text)).toMatchObject({ resumedBytes: 2 * MIB, bytes: 3 * MIB });
  expect((await readFile(back)).equals(bytes)).toBe(true);
  await writeFile(`${back}.part`, Buffer.alloc(MIB));
  await expect(
    whileTimePasses(vault("get", "photos", archiveId, back, ...quick)),
  ).rejects.toMatchObject({
    exitCode: 1,
    message: expect.stringContaining("another tree hash") as string,
  });
  await truncate(`${back}.part`, 0);
  await whileTimePasses(vault("get", "photos", archiveId, back, ...quick));
  expect((await readFile(back)).equals(bytes)).toBe(true);
});

test("what it costs is told before, from prices that may be one's own", async () => {
  const lines = await vault("estimate", "photos", "--size", "10GB");
  expect(lines[0]).toMatch(/^10 GiB in 1 archives, prices of \d{4}-\d\d-\d\d in us-east-1$/);
  expect(lines[1]).toBe("keep       $0.036 a month, at least 90 days");
  expect(lines[3]).toBe("Standard   $0.10, takes 3 to 5 hours");
  const prices = join(directory, "prices.json");
  await writeFile(prices, JSON.stringify({ date: "2030-01-01", storagePerGbMonth: 1 }));
  const own = await vault("estimate", "photos", "--size", "10GB", "--prices", prices);
  expect(own[0]).toContain("prices of 2030-01-01");
  expect(own[1]).toMatch(/^keep {7}\$10\.00 a month/);
});

test("a lock is begun, taken back, and completed", async () => {
  await firn.archive.createVault({ vaultName: "locked" });
  const policy = join(directory, "policy.json");
  const Resource = "arn:aws:glacier:us-east-1:000000000000:vaults/locked";
  const Condition = { NumericLessThan: { "glacier:ArchiveAgeInDays": "365" } };
  const statement = {
    Sid: "keep",
    Principal: "*",
    Effect: "Deny",
    Action: "glacier:DeleteArchive",
  };
  const Statement = [{ ...statement, Resource, Condition }];
  await writeFile(policy, JSON.stringify({ Version: "2012-10-17", Statement }));
  await vault("lock", "locked", "--policy", policy);
  expect(await vault("lock", "locked", "--abort")).toEqual(["The lock was taken back."]);
  const [id = ""] = await vault("lock", "locked", "--policy", policy);
  expect((await vault("lock", "locked"))[0]).toMatch(/^InProgress /);
  expect((await vault("lock", "locked", "--complete", id))[0]).toMatch(/^Locked /);
});

test("the service's own words come through, and wrong usage is told as such", async () => {
  await expect(vault("list", "nowhere")).rejects.toMatchObject({
    exitCode: 1,
    message: expect.stringContaining("ResourceNotFoundException") as string,
  });
  await expect(vault("get", "photos", "x", "y", "--tier", "now")).rejects.toMatchObject({
    exitCode: 2,
  });
  await expect(vault("put", "photos", join(directory, "absent"))).rejects.toMatchObject({
    exitCode: 2,
  });
  await expect(vault("list", "--endpoint", "http://127.0.0.1:9")).rejects.toMatchObject({
    exitCode: 3,
  });
});
