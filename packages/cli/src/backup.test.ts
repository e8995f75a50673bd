import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CommandError } from "./command-error.ts";
import { makeProgram } from "./program.ts";
import { S3Client, tagsIn } from "./s3-client.ts";

type Environment = Readonly<Record<string, string>>;

interface Server {
  readonly environment: Environment;
  readonly s3: (bucket: string) => S3Client;
  stop(): Promise<unknown>;
}

let home: string;
const servers: Server[] = [];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "firn-cli-backup-"));
});

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
  await rm(home, { recursive: true, force: true });
});

/** Runs one command to its end. @returns its lines. */
async function firn(args: readonly string[], environment: Environment = {}): Promise<string[]> {
  const lines: string[] = [];
  const io = {
    environment,
    print: (line: string) => lines.push(line),
    stopped: new Promise<void>(() => undefined),
  };
  await makeProgram(io).parseAsync(args, { from: "user" });
  return lines;
}

async function failure(running: Promise<unknown>): Promise<CommandError> {
  const error = await running.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(CommandError);
  return error as CommandError;
}

async function serve(name: string, flags: readonly string[] = []): Promise<Server> {
  const lines: string[] = [];
  let stopped = (): void => {};
  const io = {
    environment: {},
    print: (line: string) => lines.push(line),
    stopped: new Promise<void>((resolve) => (stopped = resolve)),
  };
  const always = ["serve", "--directory", join(home, name), "--port", "0"];
  const args = [...always, "--log-level", "silent", ...flags];
  const ended = makeProgram(io).parseAsync(args, { from: "user" });
  const up = expect.poll(() => lines.at(-1), { timeout: 20_000 }).toContain("ready");
  await Promise.race([up, ended]);
  const exported = lines.flatMap((line) => [...line.matchAll(/^export (\w+)=(.*)$/g)]);
  const environment = Object.fromEntries(exported.map(([, key, value]) => [key, value]));
  const { AWS_ENDPOINT_URL: endpoint, AWS_ACCESS_KEY_ID: accessKeyId = "" } = environment;
  const secretAccessKey = environment["AWS_SECRET_ACCESS_KEY"] ?? "";
  const server = {
    environment,
    s3: (bucket: string) =>
      new S3Client({ endpoint, region: "us-east-1", bucket, accessKeyId, secretAccessKey }),
    stop: () => (stopped(), ended),
  };
  servers.push(server);
  return server;
}

/** A server with a bucket and some objects, the last one in extents of its own. */
async function serveThings(name: string): Promise<Server> {
  const server = await serve(name);
  const s3 = server.s3("things");
  await s3.send({ method: "PUT" });
  for (let number = 0; number < 5; number++) {
    await s3.send({ method: "PUT", key: `small ${number}`, body: Buffer.from(`${number}`) });
  }
  await s3.send({ method: "PUT", key: "large", body: Buffer.alloc(3_000_000, "large ") });
  return server;
}

async function expectThings(server: Server): Promise<void> {
  const s3 = server.s3("things");
  const listed = await (await s3.send({ method: "GET", query: { "list-type": "2" } })).text();
  expect(tagsIn(listed, "Key")).toHaveLength(6);
  const large = await (await s3.send({ method: "GET", key: "large" })).arrayBuffer();
  expect(Buffer.from(large).equals(Buffer.alloc(3_000_000, "large "))).toBe(true);
}

/** What `firn restore` makes is served again under the same keys of clients. */
async function expectCopy(source: string, environment: Environment = {}): Promise<void> {
  const lines = await firn(["restore", source, join(home, "copy")], environment);
  expect(lines.at(-1)).toBe("no problems");
  const copy = await serve("copy");
  await expectThings(copy);
}

test("a server is backed up to a directory while it serves, and restored", async () => {
  const { environment } = await serveThings("data");
  const target = join(home, "backups");
  const [first = ""] = await firn(["backup", target, "--json"], environment);
  expect(JSON.parse(first)).toMatchObject({ number: 1, removed: [] });
  await firn(["backup", target, "--keep", "1"], environment);
  const listed = await firn(["backup", target, "--list"]);
  expect(listed).toEqual([expect.stringMatching(/^2 {2}20.* store [0-9a-f]{32}, LSN \d+$/)]);
  await expectCopy(target);
}, 30_000);

test("a server is backed up to a bucket of another Firn, and restored from there", async () => {
  const [{ environment, s3 }, other] = [await serveThings("data"), await serve("other")];
  // So large that it goes in parts.
  const huge = Buffer.alloc(20_000_000, "huge ");
  await s3("parts").send({ method: "PUT" });
  await s3("parts").send({ method: "PUT", key: "huge", body: huge });
  await other.s3("backups").send({ method: "PUT" });
  const keys = {
    FIRN_BACKUP_ENDPOINT: other.environment["AWS_ENDPOINT_URL"] ?? "",
    FIRN_BACKUP_ACCESS_KEY_ID: other.environment["AWS_ACCESS_KEY_ID"] ?? "",
    FIRN_BACKUP_SECRET_ACCESS_KEY: other.environment["AWS_SECRET_ACCESS_KEY"] ?? "",
  };
  const target = "s3://backups/of/the store+1";
  const all = { ...environment, ...keys };
  const keyFile = join(home, "key");
  await writeFile(keyFile, Buffer.alloc(32, 5));
  await firn(["backup", target, "--key-file", keyFile], all);
  const [second = ""] = await firn(["backup", target, "--key-file", keyFile, "--json"], all);
  expect(JSON.parse(second)).toMatchObject({ number: 2 });
  expect((await failure(firn(["restore", target, join(home, "copy")], keys))).exitCode).toBe(1);
  await expectCopy(target, { ...keys, FIRN_BACKUP_KEY_FILE: keyFile });
  const copy = servers.at(-1)?.s3("parts");
  const found = await (await copy?.send({ method: "GET", key: "huge" }))?.arrayBuffer();
  expect(found && Buffer.from(found).equals(huge)).toBe(true);
}, 30_000);

test("a directory that nobody has open is backed up too; a server's is refused", async () => {
  const server = await serveThings("data");
  const args = ["backup", join(home, "backups"), "--directory", join(home, "data")];
  const refused = await failure(firn(args));
  expect([refused.exitCode, refused.message]).toEqual([3, expect.stringContaining("open")]);
  await server.stop();
  await firn(args);
  await expectCopy(join(home, "backups"));
}, 30_000);

test("the server makes backups by itself, into whatever --backup names", async () => {
  const target = join(home, "backups");
  await serve("data", ["--backup", target, "--backup-every", "1h", "--backup-keep", "3"]);
  // The first one waits for a minute: nothing has begun to lie there.
  expect(await readdir(home)).toEqual(["data"]);
  const wrong = await failure(serve("data", ["--backup-every", "soon"]));
  expect(wrong.exitCode).toBe(2);
  const nowhere = await failure(serve("other", ["--backup", "s3://bucket"]));
  expect(nowhere.message).toContain("FIRN_BACKUP_ACCESS_KEY_ID");
}, 30_000);

test("what cannot be backed up or restored is told in one sentence", async () => {
  const said = async (args: readonly string[], environment?: Environment): Promise<string> => {
    const { exitCode, message } = await failure(firn(args, environment));
    return `${exitCode} ${message}`;
  };
  const empty = join(home, "empty");
  expect(await said(["restore", empty, join(home, "copy")])).toMatch(/^3 There is no backup in /);
  expect(await said(["backup", empty, "--directory", empty])).toBe(
    `3 There is no store in ${empty}.`,
  );
  expect(await said(["backup", empty, "--keep", "0"])).toContain("2 --keep must be");
  expect(await said(["backup", "ftp://there"])).toContain("neither a directory nor s3://");
  const keys = {
    FIRN_BACKUP_ENDPOINT: "http://127.0.0.1:1",
    FIRN_BACKUP_ACCESS_KEY_ID: "AKIA",
    FIRN_BACKUP_SECRET_ACCESS_KEY: "secret",
  };
  expect(await said(["backup", "s3://bucket", "--list"])).toContain(
    "2 Set FIRN_BACKUP_ACCESS_KEY_ID",
  );
  const { environment } = await serve("data");
  const bucket = "s3://absent";
  const other = { ...keys, FIRN_BACKUP_ENDPOINT: environment["AWS_ENDPOINT_URL"] ?? "" };
  expect(await said(["backup", bucket, "--list"], other)).toMatch(/^3 S3:\/\/absent\/: \w+: /);
}, 30_000);
