import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CommandError } from "./command-error.ts";
import { makeProgram } from "./program.ts";

type Environment = Readonly<Record<string, string>>;

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "firn-cli-keys-"));
});

afterEach(() => rm(home, { recursive: true, force: true }));

interface Run {
  readonly lines: string[];
  readonly ended: Promise<unknown>;
  readonly stop: () => Promise<unknown>;
}

function run(args: readonly string[], environment: Environment = {}): Run {
  const lines: string[] = [];
  let stopped = (): void => {};
  const io = {
    environment,
    print: (line: string) => lines.push(line),
    stopped: new Promise<void>((resolve) => (stopped = resolve)),
  };
  const ended = makeProgram(io).parseAsync(args, { from: "user" });
  return { lines, ended, stop: () => (stopped(), ended) };
}

function serve(args: readonly string[], environment?: Environment): Run {
  const place = ["--directory", join(home, "data"), "--port", "0", "--log-level", "silent"];
  return run(["serve", ...place, ...args], environment);
}

/** Serves until it is ready, and stops. */
async function served(args: readonly string[], environment?: Environment): Promise<void> {
  const server = serve(args, environment);
  const up = expect.poll(() => server.lines.at(-1), { timeout: 20_000 }).toContain("ready");
  await Promise.race([up, server.ended]);
  await server.stop();
}

async function refusal(args: readonly string[], environment?: Environment): Promise<string> {
  const error = await serve(args, environment).ended.catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(CommandError);
  expect(error).toMatchObject({ exitCode: 2 });
  return (error as CommandError).message;
}

test("a server takes its key from a file or the environment, and nothing but that key", async () => {
  const file = join(home, "firn.key");
  await run(["keys", "new", file]).ended;
  const flag = ["--encryption-key-file", file];
  await served(flag);
  expect(await refusal([])).toContain("give its key with --encryption-key-file");
  const other = { FIRN_ENCRYPTION_KEY: "ab".repeat(32) };
  expect(await refusal([], other)).toMatch(/^This store does not open with key-\w+: .* key-\w+\.$/);
  expect(await refusal(flag, other)).toContain("Give one of --encryption-key-file");
  expect(await refusal([], { FIRN_ENCRYPTION_KEY: "abc" })).toContain("64 hex digits");
  expect(await refusal([], { FIRN_ENCRYPTION_PASSPHRASE: "short" })).toContain("8 characters");
  await chmod(file, 0o644);
  expect(await refusal(flag)).toContain("chmod 600");
});

test("a passphrase opens what a passphrase has locked, and gives way to a key", async () => {
  const passphrase = { FIRN_ENCRYPTION_PASSPHRASE: "correct horse battery" };
  await served([], passphrase);
  const wrong = { FIRN_ENCRYPTION_PASSPHRASE: "incorrect horse" };
  expect(await refusal([], wrong)).toContain("does not open with passphrase");
  const FIRN_NEW_ENCRYPTION_KEY = "cd".repeat(32);
  const data = join(home, "data");
  await run(["keys", "rotate", data], { ...passphrase, FIRN_NEW_ENCRYPTION_KEY }).ended;
  expect(await refusal([], passphrase)).toContain("it was encrypted with key-");
  await served([], { FIRN_ENCRYPTION_KEY: FIRN_NEW_ENCRYPTION_KEY });
  const unnamed = run(["keys", "rotate", data]).ended;
  await expect(unnamed).rejects.toMatchObject({ exitCode: 2 });
  const nowhere = run(["keys", "show", join(home, "nowhere")]).ended;
  await expect(nowhere).rejects.toMatchObject({ exitCode: 3 });
});
