import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startServer } from "../support/server.ts";
import type { RunningServer } from "../support/server.ts";

const run = promisify(execFile);
let server: RunningServer;
let folder: string;

beforeAll(async () => {
  server = await startServer();
  folder = await mkdtemp(join(tmpdir(), "firn-s3-backups-"));
  const up = join(folder, "up");
  const odd = join(up, "deep", "ü & <odd> +%41 #?");
  await mkdir(odd, { recursive: true });
  await writeFile(join(up, "empty"), "");
  await writeFile(join(up, "note.txt"), "a note\n");
  await writeFile(join(odd, "'quoted' 😀~.txt"), "odd");
  for (let at = 0; at < 200; at++) await writeFile(join(up, "deep", `${at}.txt`), `${at}\n`);
  // All three send it in parts.
  await writeFile(join(up, "large.bin"), randomBytes(33 * 1024 ** 2));
});
afterAll(async () => {
  await server.remove();
  await rm(folder, { recursive: true, force: true });
});

async function program(
  name: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const options = { cwd: folder, env: clientEnvironment(environment), maxBuffer: 64 * 1024 ** 2 };
  const { stdout } = await run(name, words, options);
  return stdout;
}

function clientEnvironment(more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, ...server.environment, HOME: folder, ...more };
  // Debian's rclone cannot start with one, and there is nothing to verify.
  delete env["AWS_CA_BUNDLE"];
  return env;
}

const isSame = (down: string): Promise<unknown> => run("diff", ["-r", "up", down], { cwd: folder });

test("restic: init, backup, a second snapshot, check of all data, restore, forget and prune", async () => {
  const settings = {
    RESTIC_REPOSITORY: `s3:${server.endpoint}/restic`,
    RESTIC_PASSWORD: "a password",
    RESTIC_CACHE_DIR: join(folder, "cache"),
  };
  const restic = (...words: string[]): Promise<string> => program("restic", words, settings);
  await restic("init");
  await restic("backup", "up");
  await writeFile(join(folder, "up", "note.txt"), "another note\n");
  await restic("backup", "up");
  expect(JSON.parse(await restic("snapshots", "--json"))).toHaveLength(2);
  expect(await restic("check", "--read-data")).toContain("no errors were found");
  await restic("restore", "latest", "--target", "restic-down");
  await isSame("restic-down/up");
  await restic("forget", "--keep-last", "1", "--prune");
  expect(JSON.parse(await restic("snapshots", "--json"))).toHaveLength(1);
  expect(await restic("check", "--read-data")).toContain("no errors were found");
  // A lock left behind would end in an error here.
  expect(await restic("list", "locks")).toBe("");
});

describe("s3cmd", () => {
  const s3cmd = async (...words: string[]): Promise<string> => {
    const { host } = new URL(server.endpoint);
    const config = ["--no-ssl", `--host=${host}`, `--host-bucket=${host}`, "--no-progress"];
    return await program("s3cmd", [...config, ...words]);
  };

  test("sync up and down, unchanged; a second sync sends nothing", async () => {
    await s3cmd("mb", "s3://s3cmd");
    await s3cmd("sync", "up/", "s3://s3cmd/below/");
    await s3cmd("sync", "s3://s3cmd/below/", "s3cmd-down/");
    await isSame("s3cmd-down");
    expect(await s3cmd("sync", "up/", "s3://s3cmd/below/")).not.toContain("upload:");
    expect((await s3cmd("ls", "--recursive", "s3://s3cmd/")).trim().split("\n")).toHaveLength(204);
    expect(await s3cmd("du", "s3://s3cmd/below/deep/")).toContain("201 objects");
  });

  test("put, info, cp, mv, a continued get, modify, lifecycle, del and rb", async () => {
    await s3cmd("mb", "s3://s3cmd-small");
    await s3cmd("put", "up/note.txt", "s3://s3cmd-small/note", "--add-header=x-amz-meta-by:me");
    expect(await s3cmd("info", "s3://s3cmd-small/note")).toContain("x-amz-meta-by: me");
    // Without the flag it puts the source's list of rights on the copy, which S3 refuses today.
    await s3cmd("cp", "--acl-private", "s3://s3cmd-small/note", "s3://s3cmd-small/copy");
    await s3cmd("mv", "--acl-private", "s3://s3cmd-small/copy", "s3://s3cmd-small/moved/a b");
    expect(await s3cmd("get", "s3://s3cmd-small/moved/a b", "-")).toContain("note");
    const large = ["get", "--continue", "s3://s3cmd/below/large.bin", "large.down"];
    await run("sh", ["-c", "head -c 5000000 up/large.bin > large.down"], { cwd: folder });
    await s3cmd(...large);
    await run("cmp", ["up/large.bin", "large.down"], { cwd: folder });
    await s3cmd(
      "modify",
      "--acl-private",
      "--add-header=content-type:text/x-note",
      "s3://s3cmd-small/note",
    );
    expect(await s3cmd("info", "s3://s3cmd-small/note")).toContain("text/x-note");
    await s3cmd("setlifecycle", await lifecycleFile(), "s3://s3cmd-small");
    expect(await s3cmd("getlifecycle", "s3://s3cmd-small")).toContain("<Days>3</Days>");
    await expect(s3cmd("rb", "s3://s3cmd-small")).rejects.toThrow("not empty");
    await s3cmd("del", "--recursive", "--force", "s3://s3cmd-small/");
    await s3cmd("rb", "s3://s3cmd-small");
  });

  test("multipart uploads are listed, told and aborted", async () => {
    await s3cmd("mb", "s3://s3cmd-parts");
    const aws = ["create-multipart-upload", "--bucket", "s3cmd-parts", "--key", "open"];
    const { UploadId } = JSON.parse(await program("aws", ["s3api", ...aws])) as {
      UploadId: string;
    };
    expect(await s3cmd("multipart", "s3://s3cmd-parts")).toContain(UploadId);
    await s3cmd("abortmp", "s3://s3cmd-parts/open", UploadId);
    expect(await s3cmd("multipart", "s3://s3cmd-parts")).not.toContain(UploadId);
  });

  async function lifecycleFile(): Promise<string> {
    const rule =
      "<Rule><ID>r</ID><Prefix>tmp/</Prefix><Status>Enabled</Status>" +
      "<Expiration><Days>3</Days></Expiration></Rule>";
    const text = `<LifecycleConfiguration>${rule}</LifecycleConfiguration>`;
    await writeFile(join(folder, "lifecycle.xml"), text);
    return "lifecycle.xml";
  }
});

test("rclone: sync up, check by download, rcat, move, sync down, purge", async () => {
  const remote = {
    RCLONE_CONFIG_FIRN_TYPE: "s3",
    RCLONE_CONFIG_FIRN_PROVIDER: "Other",
    RCLONE_CONFIG_FIRN_ENV_AUTH: "true",
    RCLONE_CONFIG_FIRN_ENDPOINT: server.endpoint,
    RCLONE_CONFIG_FIRN_REGION: "us-east-1",
    // Its default is a list of rights, which buckets of today refuse.
    RCLONE_S3_ACL: "bucket-owner-full-control",
    RCLONE_S3_UPLOAD_CUTOFF: "8M",
    RCLONE_S3_CHUNK_SIZE: "5M",
  };
  const rclone = (...words: string[]): Promise<string> => program("rclone", words, remote);
  await rclone("mkdir", "firn:rclone");
  await rclone("sync", "up", "firn:rclone/below");
  await rclone("check", "--download", "up", "firn:rclone/below");
  await run("sh", ["-c", "printf streamed | rclone rcat firn:rclone/stream"], {
    cwd: folder,
    env: clientEnvironment(remote),
  });
  expect(await rclone("cat", "firn:rclone/stream")).toBe("streamed");
  await rclone("moveto", "firn:rclone/stream", "firn:rclone/moved");
  expect(await rclone("lsf", "firn:rclone")).toBe("below/\nmoved\n");
  await rclone("sync", "firn:rclone/below", "rclone-down");
  await isSame("rclone-down");
  expect(JSON.parse(await rclone("size", "--json", "firn:rclone/below"))).toMatchObject({
    count: 204,
  });
  await rclone("purge", "firn:rclone");
  expect(await rclone("lsf", "firn:")).not.toContain("rclone/");
});
