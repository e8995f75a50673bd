import { open, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SeededRandom, keyFromText } from "@firn/core";
import { Firn } from "@firn/firn";
import type { FirnServer } from "@firn/firn";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeProgram } from "../program.ts";

const rootCredentials = { accessKeyId: "CAREROOT", secretAccessKey: "care/secret" };
const MIB = 2 ** 20;
let directory: string;
let data: string;
let firn: Firn;
let server: FirnServer;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "firn-vault-care-"));
  data = join(directory, "data");
  await start();
  await firn.archive.createVault({ vaultName: "photos" });
  await firn.archive.createVault({ vaultName: "empty" });
  for (let at = 1; at <= 3; at++) {
    const body = new SeededRandom(at).bytes(at * MIB);
    await firn.archive.uploadArchive({ vaultName: "photos", body, archiveDescription: `no ${at}` });
  }
});

afterAll(async () => {
  await firn.close();
  await rm(directory, { recursive: true, force: true });
});

async function start(): Promise<void> {
  firn = await Firn.open({ directory: data, rootCredentials, parity: "none" });
  server = await firn.listen({ port: 0, logLevel: "silent" });
}

/** What the command printed. */
async function vault(...words: string[]): Promise<string[]> {
  const lines: string[] = [];
  const program = makeProgram({
    environment: {
      AWS_ACCESS_KEY_ID: rootCredentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: rootCredentials.secretAccessKey,
      AWS_ENDPOINT_URL: server.address.endpoint,
    },
    print: (line) => lines.push(line),
    stopped: new Promise(() => {}),
  });
  await program.parseAsync(["vault", ...words], { from: "user" });
  return lines;
}

test("every archive of every vault is read and told to be whole", async () => {
  expect(await vault("verify")).toEqual([
    "empty  0 of 0 archives whole  0 B read",
    "photos  3 of 3 archives whole  6.0 MiB read",
  ]);
  const [text = ""] = await vault("verify", "photos", "--json");
  expect(JSON.parse(text)).toEqual([{ vault: "photos", archives: 3, bytes: 6 * MIB, bad: [] }]);
});

test("signed manifests and a page about the format lie beside the data", async () => {
  const [text = ""] = await vault("manifest", "--json");
  const { vaults, folder, publicKey } = JSON.parse(text) as Record<string, string>;
  expect([vaults, folder]).toEqual([2, join(data, "vaults")]);
  const file = join(data, "vaults", "000000000000.us-east-1.photos.manifest");
  const [line] = await vault("manifest", "--check", file, "--key", String(publicKey));
  expect(line).toMatch(/^photos: 3 archives, 6291456 bytes, as of 20/);
  const forged = join(directory, "forged");
  await writeFile(forged, (await readFile(file, "utf8")).replace("no 2", "no 9"));
  await expect(vault("manifest", "--check", forged)).rejects.toMatchObject({ exitCode: 1 });
  await expect(vault("manifest", "--check", `${forged}.absent`)).rejects.toMatchObject({
    exitCode: 3,
  });
  const page = await readFile(join(data, "README.txt"), "utf8");
  expect(page.split("\n").length).toBeLessThan(60);
  expect(page).toContain("firn vault rebuild");
  await firn.archive.deleteVault({ vaultName: "empty" });
  await vault("manifest");
  expect(await readdir(join(data, "vaults"))).toEqual(["000000000000.us-east-1.photos.manifest"]);
});

test("a lost archive is named with its description, and a rebuilt store has the others", async () => {
  await firn.close();
  await damage();
  await start();
  await expect(vault("verify")).rejects.toMatchObject({
    exitCode: 1,
    message: expect.stringContaining("1 archive is not whole") as string,
  });
  await expect(vault("repair", "photos", "--rate", "1000")).rejects.toMatchObject({ exitCode: 1 });
  await firn.close();
  for (const name of await readdir(data)) {
    if (name !== "log" && name !== "extents") await rm(join(data, name), { recursive: true });
  }
  const target = join(directory, "rebuilt");
  const lines: string[] = [];
  const io = { environment: {}, print: (line: string) => lines.push(line) };
  const program = makeProgram({ ...io, stopped: new Promise(() => {}) });
  const words = ["vault", "rebuild", data, target];
  await expect(program.parseAsync(words, { from: "user" })).rejects.toMatchObject({ exitCode: 1 });
  expect(lines.join("\n")).toContain("photos: 2 of 3 archives whole");
  expect(lines.join("\n")).toMatch(/lost .*no 2: blob .* fails its checksum/);
  data = target;
  await start();
  expect((await vault("list"))[0]).toMatch(/^photos {2}3 archives/);
});

/** A flipped byte in the middle of the second archive. */
async function damage(): Promise<void> {
  const folder = join(data, "extents", "0000");
  const [name = ""] = await readdir(folder);
  const bytes = await readFile(join(folder, name));
  const at = bytes.indexOf(new SeededRandom(2).bytes(2 * MIB).subarray(0, 64)) + 700_000;
  const file = await open(join(folder, name), "r+");
  await file.write(Buffer.from([(bytes[at] ?? 0) ^ 1]), 0, 1, at);
  await file.close();
}

test("an encrypted store is rebuilt with its key, from either copy of its manifest", async () => {
  const sealed = join(directory, "sealed");
  const FIRN_ENCRYPTION_KEY = "07".repeat(32);
  const store = await Firn.open({
    directory: sealed,
    encryption: { keys: keyFromText(FIRN_ENCRYPTION_KEY) },
  });
  await store.archive.createVault({ vaultName: "safe" });
  await store.archive.uploadArchive({ vaultName: "safe", body: new Uint8Array(MIB).fill(7) });
  await store.close();
  await rm(join(sealed, "index"), { recursive: true });
  await writeFile(join(sealed, "manifest"), "nothing");
  const target = join(directory, "sealed-again");
  const lines: string[] = [];
  const rebuild = (environment: Record<string, string>): Promise<unknown> => {
    const io = { environment, print: (line: string) => lines.push(line) };
    const program = makeProgram({ ...io, stopped: new Promise(() => {}) });
    return program.parseAsync(["vault", "rebuild", sealed, target], { from: "user" });
  };
  await expect(rebuild({})).rejects.toMatchObject({ exitCode: 2 });
  await rebuild({ FIRN_ENCRYPTION_KEY });
  expect(lines.join("\n")).toContain("safe: 1 of 1 archives whole");
});
