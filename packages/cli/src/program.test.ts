import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore } from "@firn/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CommandError } from "./command-error.ts";
import { makeProgram } from "./program.ts";

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "firn-cli-"));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

type Environment = Readonly<Record<string, string>>;

interface Run {
  readonly lines: string[];
  readonly ended: Promise<unknown>;
  readonly stop: () => Promise<unknown>;
}

function run(
  args: readonly string[],
  environment: Environment = {},
  progress?: (text: string) => void,
): Run {
  const lines: string[] = [];
  let stopped = (): void => {};
  const io = {
    environment,
    print: (line: string) => lines.push(line),
    progress,
    stopped: new Promise<void>((resolve) => (stopped = resolve)),
  };
  const program = makeProgram(io);
  const ended = program.parseAsync(args, { from: "user" });
  return { lines, ended, stop: () => (stopped(), ended) };
}

function serve(args: readonly string[] = [], environment: Environment = {}): Run {
  const always = ["serve", "--directory", join(directory, "data"), "--log-level", "silent"];
  const port =
    args.includes("--port") || environment["FIRN_PORT"] !== undefined ? [] : ["--port", "0"];
  return run([...always, ...port, ...args], environment);
}

async function ready({ lines, ended }: Run): Promise<Record<string, string>> {
  const up = expect.poll(() => lines.at(-1), { timeout: 20_000 }).toContain("ready");
  await Promise.race([up, ended]);
  const exports = lines.flatMap((line) => [...line.matchAll(/^export (\w+)=(.*)$/g)]);
  return Object.fromEntries(exports.map(([, name, value]) => [name, value]));
}

async function failure(running: Run): Promise<CommandError> {
  const error = await running.ended.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(CommandError);
  return error as CommandError;
}

test("serve prints the lines to paste, keeps its keys, and moves a manual clock", async () => {
  const first = serve(["--clock", "manual"]);
  const environment = await ready(first);
  expect(Object.keys(environment)).toEqual([
    "AWS_ENDPOINT_URL",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
  ]);
  const before = run(["clock", "--json"], environment);
  await before.ended;
  const moved = run(["clock", "advance", "5h30m", "--json"], environment);
  await moved.ended;
  const [from, to] = [before, moved].map(({ lines: [line = ""] }) => JSON.parse(line).nowMs);
  expect(to - from).toBe(5.5 * 3600 * 1000);
  await first.stop();
  const second = serve();
  expect((await ready(second))["AWS_ACCESS_KEY_ID"]).toBe(environment["AWS_ACCESS_KEY_ID"]);
  await second.stop();
});

test("serve prints where volumes are to be had over NBD", async () => {
  const server = serve(["--nbd-port", "0"]);
  await ready(server);
  const socket = `${join(directory, "data")}/nbd.sock`;
  expect(server.lines.slice(5, -1)).toEqual([
    `# NBD: nbd+unix:///VOLUME-ID?socket=${socket}`,
    expect.stringMatching(/^# NBD: nbd:\/\/127\.0\.0\.1:\d+\/VOLUME-ID$/),
  ]);
  await server.stop();
  const without = serve(["--services", "s3,dynamodb"]);
  await ready(without);
  expect(without.lines.filter((line) => line.includes("NBD"))).toEqual([]);
  await without.stop();
});

test("a wrong key is told so by clock", async () => {
  const server = serve();
  const environment = await ready(server);
  const other = { ...environment, AWS_SECRET_ACCESS_KEY: "wrong" };
  expect(await failure(run(["clock"], other))).toMatchObject({ exitCode: 1 });
  const real = await failure(run(["clock", "advance", "1h"], environment));
  expect(real).toMatchObject({ exitCode: 1 });
  await server.stop();
  const gone = await failure(run(["clock"], environment));
  expect(gone).toMatchObject({ exitCode: 3, message: expect.stringContaining("No Firn server") });
});

test("a taken port, an open directory and another clock end in one sentence each", async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const { port } = taken.address() as { port: number };
  const refused = await failure(serve(["--port", String(port)]));
  expect(refused).toMatchObject({ exitCode: 3 });
  expect(refused.message).toContain(`Port ${port}`);
  taken.close();
  const running = serve();
  await ready(running);
  const locked = await failure(serve());
  expect(locked).toMatchObject({
    exitCode: 3,
    message: expect.stringContaining("Another process"),
  });
  await running.stop();
  expect(await failure(serve(["--clock", "manual"]))).toMatchObject({ exitCode: 2 });
});

test("check is clean after a serve, and says what is not", async () => {
  const server = serve();
  await ready(server);
  const data = join(directory, "data");
  const locked = await failure(run(["check", data]));
  expect(locked).toMatchObject({ exitCode: 3, message: expect.stringContaining("open") });
  await server.stop();
  const clean = run(["check", data]);
  await clean.ended;
  expect(clean.lines.at(-1)).toBe("no problems");
  const json = run(["check", data, "--json"]);
  await json.ended;
  expect(JSON.parse(json.lines[0] ?? "")).toMatchObject({ problems: [] });
  const absent = await failure(run(["check", join(directory, "absent")]));
  expect(absent).toMatchObject({ exitCode: 3, message: expect.stringContaining("no directory") });
});

test("auth off is refused beyond loopback", async () => {
  const refused = await failure(serve(["--auth", "off", "--host", "0.0.0.0"]));
  expect(refused).toMatchObject({ exitCode: 2 });
});

test("every bad value is told with its source and what it must be", async () => {
  const told = async (run: Run, text: string): Promise<void> => {
    expect(await failure(run)).toMatchObject({ exitCode: 2, message: text });
  };
  await told(serve(["--port", "x"]), '--port must be a port from 0 to 65535, not "x".');
  await told(serve([], { FIRN_AUTH: "maybe" }), 'FIRN_AUTH must be on or off, not "maybe".');
  await told(
    serve(["--services", "s3,sqs"]),
    '--services must be a list of s3, dynamodb, ec2, ebs, rbin, glacier, not "s3,sqs".',
  );
  const config = join(directory, "my.json");
  await writeFile(config, '{ "clock": "slow" }');
  await told(
    serve(["--config", config]),
    `"clock" in ${config} must be real, manual, or scaled:FACTOR with a factor above 0, not "slow".`,
  );
  await writeFile(config, '{ "ports": 1 }');
  const unknown = await failure(serve(["--config", config]));
  expect(unknown.message).toMatch(/unknown keys: ports\. Known are directory, host, port, nbdPort/);
  await writeFile(config, "{");
  expect((await failure(serve(["--config", config]))).message).toMatch(/is not JSON/);
  const half = { FIRN_ROOT_ACCESS_KEY_ID: "ROOT" };
  expect((await failure(serve([], half))).message).toMatch(/^Set FIRN_ROOT_SECRET_ACCESS_KEY too/);
});

test("flags win over the environment, the environment over the file", async () => {
  const config = join(directory, "firn.json");
  await writeFile(config, '{ "host": "127.0.0.9", "port": 1 }');
  const server = serve(["--config", config, "--host", "127.0.0.1"], { FIRN_PORT: "0" });
  const { AWS_ENDPOINT_URL } = await ready(server);
  expect(AWS_ENDPOINT_URL).toMatch(/^http:\/\/127\.0\.0\.1:(?!1$)\d+$/);
  await server.stop();
});

test("status and scrub tell about a running server and about a directory", async () => {
  const server = serve();
  const environment = await ready(server);
  const online = run(["status"], environment);
  await online.ended;
  expect(online.lines.join("\n")).toMatch(/^head +LSN \d+$/m);
  expect(online.lines.join("\n")).toMatch(/^scrub +never finished$/m);
  const scrub = run(["scrub", "--rate", "1000", "--json"], environment);
  await scrub.ended;
  const report = JSON.parse(scrub.lines[0] ?? "") as { problems: unknown[]; bytes: number };
  expect(report.problems).toEqual([]);
  expect(report.bytes).toBeGreaterThan(0);
  const after = run(["status", "--json"], environment);
  await after.ended;
  const { scrub: done } = JSON.parse(after.lines[0] ?? "") as {
    scrub: { lastFinishedAtMs: number };
  };
  expect(done.lastFinishedAtMs).toBeGreaterThan(0);
  const data = join(directory, "data");
  for (const verb of ["status", "scrub"]) {
    const locked = await failure(run([verb, data]));
    expect(locked).toMatchObject({ exitCode: 3, message: expect.stringContaining("open") });
  }
  await server.stop();
  const offline = run(["scrub", data]);
  await offline.ended;
  expect(offline.lines.at(-1)).toBe("no problems");
  const closed = run(["status", data]);
  await closed.ended;
  expect(closed.lines.join("\n")).toMatch(/^index +0 records/m);
  expect(await failure(run(["status", directory]))).toMatchObject({ exitCode: 3 });
  expect(await failure(run(["scrub", join(directory, "none")]))).toMatchObject({ exitCode: 3 });
  expect(await failure(run(["scrub"], environment))).toMatchObject({ exitCode: 3 });
  expect(await failure(run(["scrub", "--rate", "fast"], environment))).toMatchObject({
    exitCode: 2,
  });
});

test("scrub ends with 1 when it finds what it cannot repair, and shows how far it is", async () => {
  const server = serve();
  await ready(server);
  await server.stop();
  const data = join(directory, "data");
  const log = join(data, "log", "0000", "0000000001");
  const bytes = await readFile(log);
  bytes[200] = (bytes[200] as number) ^ 1;
  await writeFile(log, bytes);
  const shown: string[] = [];
  const scrub = run(["scrub", data], {}, (text) => shown.push(text));
  expect(await failure(scrub)).toMatchObject({ exitCode: 1 });
  expect(scrub.lines.some((line) => line.startsWith("problem") && line.includes(log))).toBe(true);
  expect(shown.at(-1)).toBe("");
  const check = run(["check", data], {}, (text) => shown.push(text));
  expect(await failure(check)).toMatchObject({ exitCode: 1 });
  expect(shown.some((text) => /^\d+ % /.test(text))).toBe(true);
});

test("what scrubs, and what gets parity, is set as everything else is", async () => {
  const options = ["--scrub-every", "off", "--scrub-rate", "64", "--parity", "extents"];
  const server = serve(options);
  const environment = await ready(server);
  const status = run(["status", "--json"], environment);
  await status.ended;
  expect(JSON.parse(status.lines[0] ?? "")).toMatchObject({ parity: { segments: "extents" } });
  await server.stop();
  for (const wrong of [
    ["--scrub-every", "often"],
    ["--scrub-rate", "0"],
    ["--parity", "some"],
  ]) {
    expect(await failure(serve(wrong))).toMatchObject({ exitCode: 2 });
  }
});

test("compact gives room back, and says how much", async () => {
  const store = await openStore({ directory: join(directory, "data") });
  const space = await store.openKeySpace("things");
  await store.transact((tx) => tx.put(space, Buffer.from("key"), Buffer.from("value")));
  await store.close();
  const { lines, ended } = run(["compact", join(directory, "data")]);
  await ended;
  expect(lines).toEqual([expect.stringMatching(/data: 0 B freed; 0 B of the log written anew$/)]);
  const json = run(["compact", join(directory, "data"), "--json"]);
  await json.ended;
  expect(JSON.parse(json.lines[0] as string)).toMatchObject({ segmentsReplaced: 0 });
  const nowhere = await failure(run(["compact", join(directory, "nowhere")]));
  expect(nowhere).toMatchObject({ exitCode: 3 });
});
