import { once } from "node:events";
import { existsSync, readFileSync, statSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { NetConnectOpts } from "node:net";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Firn } from "./firn.ts";
import { version } from "./version.ts";

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "firn-umbrella-"));
});

afterAll(() => rm(directory, { recursive: true, force: true }));

test("the version is the package's", () => {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  expect(version).toBe((JSON.parse(text) as { version: string }).version);
});

test("all engines stand on one store, and what they hold outlives a close", async () => {
  const firn = await Firn.open({ directory });
  await firn.objects.createBucket({ bucket: "photos" });
  await firn.archive.createVault({ vaultName: "attic" });
  const { rootCredentials } = firn;
  await firn.close();
  await firn.close();
  const again = await Firn.open({ directory });
  await again.objects.headBucket({ bucket: "photos" });
  expect(again.rootCredentials).toEqual(rootCredentials);
  await again.close();
});

test("a directory has one owner", async () => {
  const firn = await Firn.open({ directory });
  await expect(Firn.open({ directory })).rejects.toMatchObject({ code: "FIRN_STORE_LOCKED" });
  await firn.close();
});

test("given root credentials replace the kept ones", async () => {
  const rootCredentials = { accessKeyId: "MYROOT", secretAccessKey: "my-root-secret" };
  const firn = await Firn.open({ directory, rootCredentials });
  expect(firn.rootCredentials).toEqual(rootCredentials);
  await firn.close();
  const again = await Firn.open({ directory });
  expect(again.rootCredentials).toEqual(rootCredentials);
  await again.close();
});

test("an ephemeral store leaves nothing behind", async () => {
  const firn = await Firn.open({ ephemeral: true });
  const server = await firn.listen({ port: 0 });
  const answer = await fetch(`${server.address.endpoint}/_firn/health`);
  const health = (await answer.json()) as { status: string; directory: string };
  expect(health).toMatchObject({ status: "ok", version });
  const home = firn.directory;
  expect(existsSync(home)).toBe(true);
  await firn.close();
  expect(existsSync(home)).toBe(false);
  await expect(fetch(server.address.endpoint)).rejects.toThrow();
  await expect(firn.listen({ port: 0 })).rejects.toMatchObject({ code: "FIRN_CLOSED" });
});

test("NBD listens on a socket of the owner's, and on a port when asked", async () => {
  const firn = await Firn.open({ ephemeral: true });
  const server = await firn.listen({ port: 0, nbdPort: 0 });
  const { mode } = statSync(join(firn.directory, "nbd.sock"));
  expect(mode & 0o777).toBe(0o600);
  expect(await greeting({ path: join(firn.directory, "nbd.sock") })).toBe("NBDMAGIC");
  const { nbdPort = 0 } = server.address;
  expect(await greeting({ host: "127.0.0.1", port: nbdPort })).toBe("NBDMAGIC");
  const second = await firn.listen({ port: 0 });
  expect(second.address.nbdPort).toBeUndefined();
  expect(second.address.nbdSocketPath).toBeUndefined();
  await second.close();
  await server.close();
  const third = await firn.listen({ port: 0 });
  expect(third.address.nbdSocketPath).toBe(join(firn.directory, "nbd.sock"));
  const without = firn.listen({ port: 0, services: ["s3"], nbdPort: 0 });
  await expect(without).rejects.toMatchObject({ code: "FIRN_OPTIONS_INVALID" });
  await firn.close();
});

test("a directory whose path is too long for a socket is served without one", async () => {
  const deep = join(directory, "d".repeat(120));
  const firn = await Firn.open({ directory: deep });
  const { address } = await firn.listen({ port: 0, nbdPort: 0 });
  expect(address.nbdSocketPath).toBeUndefined();
  expect(await greeting({ host: "127.0.0.1", port: address.nbdPort ?? 0 })).toBe("NBDMAGIC");
  await firn.close();
});

async function greeting(where: NetConnectOpts): Promise<string> {
  const socket = connect(where);
  const [data] = (await once(socket, "data")) as [Buffer];
  socket.destroy();
  return data.toString("latin1", 0, 8);
}

test("options that contradict each other are refused", async () => {
  const both = Firn.open({ directory, ephemeral: true });
  await expect(both).rejects.toMatchObject({ code: "FIRN_OPTIONS_INVALID" });
  await expect(Firn.open({})).rejects.toMatchObject({ code: "FIRN_OPTIONS_INVALID" });
  const rootCredentials = { accessKeyId: "a b", secretAccessKey: "12345678" };
  const bad = Firn.open({ ephemeral: true, rootCredentials });
  await expect(bad).rejects.toMatchObject({ code: "FIRN_IDENTITY_INVALID" });
});

test("a taken port and an open door are refused in clear words", async () => {
  const firn = await Firn.open({ ephemeral: true });
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as { port: number };
  await expect(firn.listen({ port })).rejects.toMatchObject({ code: "FIRN_PORT_TAKEN" });
  const open = firn.listen({ host: "0.0.0.0", port: 0, auth: "off" });
  await expect(open).rejects.toMatchObject({ code: "FIRN_AUTH_OFF_EXPOSED" });
  other.close();
  await firn.close();
});
