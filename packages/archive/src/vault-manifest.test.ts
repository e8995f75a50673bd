import { createHash, createPublicKey, verify } from "node:crypto";
import { rm } from "node:fs/promises";
import { SeededRandom, makeTemporaryDirectory, openStore } from "@firn/core";
import type { Store } from "@firn/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Archive } from "./archive.ts";
import { treeHashHex } from "./tree-hash.ts";
import { checkManifest } from "./vault-manifest.ts";

let directory: string;
let store: Store;
let archive: Archive;

beforeEach(async () => {
  directory = await makeTemporaryDirectory();
  await open();
});

afterEach(async () => {
  await archive.close();
  await store.close();
  await rm(directory, { recursive: true });
});

async function open(): Promise<void> {
  store = await openStore({ directory, ephemeral: true, random: new SeededRandom(3) });
  archive = await Archive.open({ store });
}

async function* from(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

/** The lines of each vault's manifest. */
async function manifests(): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for await (const { accountId, region, vaultName, lines } of archive.care.manifests()) {
    const all: string[] = [];
    for await (const line of lines) all.push(line);
    found.set(`${accountId}/${region}/${vaultName}`, all);
  }
  return found;
}

test("a manifest lists every archive of its vault and is signed with the store's one key", async () => {
  const bodies = [1, 2, 3].map((byte) => new Uint8Array(2_000_000).fill(byte));
  await archive.createVault({ vaultName: "a" });
  const elsewhere = archive.in({ accountId: "111111111111", region: "eu-west-1" });
  await elsewhere.createVault({ vaultName: "b" });
  for (const body of bodies) await archive.uploadArchive({ vaultName: "a", body });
  const made = await manifests();
  expect([...made.keys()]).toEqual(["000000000000/us-east-1/a", "111111111111/eu-west-1/b"]);
  const lines = made.get("000000000000/us-east-1/a") ?? [];
  const key = await archive.care.manifestPublicKey();
  const checked = await checkManifest(from(lines), key);
  expect(checked).toMatchObject({ vaultName: "a", archives: 3, bytes: 6_000_000, publicKey: key });
  const hashes = lines
    .slice(1, -1)
    .map((line) => (JSON.parse(line) as { treeHash: string }).treeHash);
  expect(hashes.sort()).toEqual(bodies.map((body) => treeHashHex(body)).sort());
  await archive.close();
  await store.close();
  await open();
  expect(await archive.care.manifestPublicKey()).toBe(key);
});

test("any library can verify the signature: Ed25519 over the SHA-256 of what stands before it", async () => {
  await archive.createVault({ vaultName: "a" });
  await archive.uploadArchive({ vaultName: "a", body: new Uint8Array(5) });
  const [lines = []] = [...(await manifests()).values()];
  const foot = JSON.parse(lines.at(-1) ?? "") as Record<string, string>;
  const counts = `{"archives":1,"bytes":5}\n`;
  const digest = createHash("sha256")
    .update(lines.slice(0, -1).join("") + counts)
    .digest();
  expect(foot["sha256"]).toBe(digest.toString("hex"));
  const x = Buffer.from(foot["publicKey"] ?? "", "hex").toString("base64url");
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  expect(verify(null, digest, key, Buffer.from(foot["signature"] ?? "", "hex"))).toBe(true);
});

test("a line that was added, taken or changed, and another key, are told", async () => {
  await archive.createVault({ vaultName: "a" });
  for (let at = 0; at < 3; at++) {
    await archive.uploadArchive({ vaultName: "a", body: new Uint8Array(9) });
  }
  const [lines = []] = [...(await manifests()).values()];
  const [head = "", first = "", second = "", third = "", foot = ""] = lines;
  const forged = JSON.parse(foot) as Record<string, unknown>;
  const bad = [
    [head, first, third, foot],
    [head, first, first, second, third, foot],
    [head, first, third, second, foot],
    [head, first, second, third.replace(/"size":9/, '"size":8'), foot],
    [head.replace(/"a"/, '"b"'), first, second, third, foot],
    [head, first, second, third, JSON.stringify({ ...forged, signature: "0".repeat(128) })],
    [head, first, second, third, JSON.stringify({ ...forged, publicKey: "zz" })],
    [head, first, second],
    [foot],
    ["not JSON", foot],
    [],
  ];
  for (const each of bad) {
    await expect(checkManifest(from(each))).rejects.toMatchObject({
      code: "FIRN_ARCHIVE_PARAMETER_INVALID",
    });
  }
  await expect(checkManifest(from(lines), "0".repeat(64))).rejects.toThrow(/another key/);
  expect((await checkManifest(from(lines))).archives).toBe(3);
});
