import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeServerCertificate } from "@firn/firn";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeProgram } from "./program.ts";

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "firn-tls-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

function serve(...args: readonly string[]) {
  const lines: string[] = [];
  let stopped = (): void => {};
  let reload = (): void => {};
  const io = {
    environment: {},
    print: (line: string) => lines.push(line),
    onReload: (callback: () => void) => ((reload = callback), () => undefined),
    stopped: new Promise<void>((resolve) => (stopped = resolve)),
  };
  const always = ["serve", "--directory", directory, "--port", "0", "--log-level", "silent"];
  const ended = makeProgram(io).parseAsync([...always, ...args], { from: "user" });
  const ready = expect.poll(() => lines.at(-1), { timeout: 20_000 }).toContain("ready");
  const value = (name: string): string =>
    lines.find((line) => line.startsWith(`export ${name}=`))?.split("=")[1] ?? "";
  return {
    lines,
    value,
    ready: Promise.race([ready, ended]),
    reload: () => reload(),
    stop: () => (stopped(), ended),
  };
}

async function status(endpoint: string, ca: string): Promise<number> {
  const sent = request(`${endpoint}/_firn/health`, { ca, agent: false });
  sent.end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  response.resume();
  return response.statusCode ?? 0;
}

test("a certificate is made at the start, kept for its owner, and told to clients", async () => {
  const first = serve("--tls");
  await first.ready;
  expect(first.value("AWS_ENDPOINT_URL")).toMatch(/^https:/);
  const path = first.value("AWS_CA_BUNDLE");
  expect(first.value("NODE_EXTRA_CA_CERTS")).toBe(path);
  const cert = await readFile(path, "utf8");
  expect(await status(first.value("AWS_ENDPOINT_URL"), cert)).toBe(200);
  expect((await stat(join(directory, "tls-key.pem"))).mode & 0o777).toBe(0o600);
  await first.stop();
  const second = serve("--tls");
  await second.ready;
  expect(await status(second.value("AWS_ENDPOINT_URL"), cert)).toBe(200);
  await second.stop();
});

test("files that are given are read again when asked for; unusable ones are not taken", async () => {
  const paths = { cert: join(directory, "my.crt"), key: join(directory, "my.key") };
  const write = async (identity: { cert: string; key: string }): Promise<void> => {
    await writeFile(paths.cert, identity.cert);
    await writeFile(paths.key, identity.key);
  };
  const [first, second] = [makeServerCertificate("127.0.0.1"), makeServerCertificate("127.0.0.1")];
  await write(first);
  const server = serve("--tls-cert", paths.cert, "--tls-key", paths.key);
  await server.ready;
  const endpoint = server.value("AWS_ENDPOINT_URL");
  expect(server.value("AWS_CA_BUNDLE")).toBe("");
  expect(await status(endpoint, first.cert)).toBe(200);
  await write(second);
  server.reload();
  expect(await status(endpoint, second.cert)).toBe(200);
  await write({ cert: "", key: second.key });
  server.reload();
  expect(server.lines.at(-1)).toMatch(/stays as it was/);
  expect(await status(endpoint, second.cert)).toBe(200);
  await server.stop();
});

test("one file without the other, and files that are not there, end the start", async () => {
  await expect(serve("--tls-cert", "a").ready).rejects.toMatchObject({ exitCode: 2 });
  const absent = join(directory, "absent");
  const start = serve("--tls-cert", absent, "--tls-key", absent).ready;
  await expect(start).rejects.toMatchObject({ exitCode: 2 });
});
