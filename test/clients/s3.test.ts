import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startServer } from "../support/server.ts";
import type { RunningServer } from "../support/server.ts";

const run = promisify(execFile);
const FOLDERS = 40;
const FILES_PER_FOLDER = 75;
let server: RunningServer;
let folder: string;

beforeAll(async () => {
  server = await startServer();
  folder = await mkdtemp(join(tmpdir(), "firn-s3-"));
  // Version 1 of the command line still presigns with SigV2 unless it is told otherwise.
  const config = "[default]\ns3 =\n  signature_version = s3v4\n";
  await writeFile(join(folder, "config"), config);
});
afterAll(async () => {
  await server.remove();
  await rm(folder, { recursive: true, force: true });
});

async function aws(...words: string[]): Promise<string> {
  const own = { AWS_PAGER: "", AWS_CONFIG_FILE: join(folder, "config") };
  const env = { ...process.env, ...server.environment, ...own };
  const { stdout } = await run("aws", words, { cwd: folder, env, maxBuffer: 64 * 1024 ** 2 });
  return stdout;
}

/** Thousands of files as people have them: many small, some empty, some large, odd names. */
async function makeTree(root: string): Promise<number> {
  let count = 0;
  const put = async (path: string, bytes: Uint8Array | string): Promise<void> => {
    await writeFile(join(root, path), bytes);
    count++;
  };
  for (let at = 0; at < FOLDERS; at++) {
    const under = join(`folder ${at}`, "deep", `${at % 3}`);
    await mkdir(join(root, under), { recursive: true });
    for (let file = 0; file < FILES_PER_FOLDER; file++) {
      await put(join(under, `file-${file}.txt`), `${at}/${file}\n`.repeat(file * 7));
    }
  }
  const odd = join("ü & <odd>", "a+b %41 #?");
  await mkdir(join(root, odd), { recursive: true });
  await put(join(odd, "'quoted' \"name\" 😀~.txt"), "odd");
  await put("empty", "");
  // Above 8 MiB the command uploads in parts.
  await put("large.bin", randomBytes(20 * 1024 ** 2));
  return count;
}

test("aws s3 sync takes a tree of thousands of files up and down, unchanged", async () => {
  const made = await makeTree(join(folder, "up"));
  expect(made).toBeGreaterThan(3000);
  await aws("s3", "mb", "s3://tree");
  await aws("s3", "sync", "--only-show-errors", "up", "s3://tree/below");
  await aws("s3", "sync", "--only-show-errors", "s3://tree/below", "down");
  await run("diff", ["-r", "up", "down"], { cwd: folder });
  expect(await aws("s3", "sync", "up", "s3://tree/below")).toBe("");
  const listed = await aws("s3", "ls", "--recursive", "s3://tree/below/");
  expect(listed.trimEnd().split("\n")).toHaveLength(made);
  const top = await aws("s3", "ls", "s3://tree/below/");
  expect(top.match(/PRE folder \d+\//g)).toHaveLength(FOLDERS);
});

test("aws s3 cp of a stream, mv, presign, rm and rb", async () => {
  await aws("s3", "mb", "s3://small");
  await writeFile(join(folder, "note"), "a note");
  await aws("s3", "cp", "note", "s3://small/note", "--metadata", "by=me");
  expect(await aws("s3", "cp", "s3://small/note", "-")).toBe("a note");
  await aws("s3", "mv", "s3://small/note", "s3://small/moved/note");
  const url = (await aws("s3", "presign", "s3://small/moved/note")).trim();
  expect(await (await fetch(url)).text()).toBe("a note");
  await expect(aws("s3", "rb", "s3://small")).rejects.toThrow("BucketNotEmpty");
  await aws("s3", "rm", "--recursive", "s3://small/");
  await aws("s3", "rb", "s3://small");
});

// CRC32C and CRC64NVME need a part of the command line that Debian does not install.
test.each(["CRC32", "SHA1", "SHA256"])(
  "aws s3api put-object with --checksum-algorithm %s comes back verified",
  async (algorithm) => {
    await aws("s3api", "create-bucket", "--bucket", `sums-${algorithm.toLowerCase()}`);
    const target = ["--bucket", `sums-${algorithm.toLowerCase()}`, "--key", "k"];
    const bytes = randomBytes(100_000);
    await writeFile(join(folder, "body"), bytes);
    const put = ["put-object", ...target, "--body", "body"];
    const stored = JSON.parse(await aws("s3api", ...put, "--checksum-algorithm", algorithm));
    expect(stored.ETag).toBe(`"${createHash("md5").update(bytes).digest("hex")}"`);
    const get = ["get-object", ...target, "--checksum-mode", "ENABLED", "back"];
    const got = JSON.parse(await aws("s3api", ...get));
    expect(got[`Checksum${algorithm}`]).toBe(stored[`Checksum${algorithm}`]);
    expect((await readFile(join(folder, "back"))).equals(bytes)).toBe(true);
  },
);
