import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startServer } from "../support/server.ts";
import type { RunningServer } from "../support/server.ts";

const run = promisify(execFile);
const mib = 1024 * 1024;
let server: RunningServer;
let folder: string;

beforeAll(async () => {
  server = await startServer({ flags: ["--clock", "manual"] });
  folder = await mkdtemp(join(tmpdir(), "firn-glacier-"));
});

afterAll(async () => {
  await server.remove();
  await rm(folder, { recursive: true });
});

type Answer = Readonly<Record<string, unknown>>;

/** `aws glacier COMMAND --account-id - WORDS…`, its JSON parsed. */
async function aws(command: string, ...words: readonly string[]): Promise<Answer> {
  const endpoint = ["--endpoint-url", server.endpoint, "--output", "json"];
  const { stdout } = await run(
    "aws",
    [...endpoint, "glacier", command, "--account-id", "-", ...words],
    { env: { ...process.env, ...server.environment, AWS_PAGER: "" } },
  );
  return stdout.trim() === "" ? {} : (JSON.parse(stdout) as Answer);
}

/** What the command wrote to standard error when it failed. */
async function refusal(command: Promise<unknown>): Promise<string> {
  return command.then(
    () => "",
    (error: unknown) => (error as { stderr: string }).stderr,
  );
}

async function advance(duration: string): Promise<void> {
  await run("node", ["packages/cli/bundle/main.js", "clock", "advance", duration], {
    env: { ...process.env, ...server.environment },
  });
}

async function makeFile(name: string, bytes: number): Promise<string> {
  const path = join(folder, name);
  await writeFile(
    path,
    new Uint8Array(bytes).map((_, i) => (i * 2654435761) >>> 13),
  );
  return path;
}

/** The Python that runs the command: its own library is there, wherever it was installed. */
async function findPython(): Promise<string> {
  const { stdout } = await run("sh", ["-c", "readlink -f $(command -v aws)"]);
  const beside = join(dirname(stdout.trim()), "python3");
  for (const python of [beside, "python3"]) {
    const found = await run(python, ["-c", "import botocore"]).then(
      () => true,
      () => false,
    );
    if (found) return python;
  }
  throw new Error("no Python with botocore");
}

/** The tree hash as the command's own library computes it. */
async function botocoreTreeHash(path: string): Promise<string> {
  const program =
    "import sys; from botocore.utils import calculate_tree_hash as h; print(h(open(sys.argv[1], 'rb')))";
  return (await run(await findPython(), ["-c", program, path])).stdout.trim();
}

const vault = ["--vault-name", "photos"] as const;

test("an archive of each tier and a range of it come back byte for byte, in their time", async () => {
  const path = await makeFile("photos.tar", 3 * mib + 1234);
  const body = await readFile(path);
  await aws("create-vault", ...vault);
  const words = ["--archive-description", "my photos", "--body", path];
  const { archiveId, checksum } = await aws("upload-archive", ...vault, ...words);
  expect(checksum).toBe(await botocoreTreeHash(path));
  const start = async (parameters: Answer): Promise<string> => {
    const all = { Type: "archive-retrieval", ArchiveId: archiveId, ...parameters };
    const made = await aws("initiate-job", ...vault, "--job-parameters", JSON.stringify(all));
    return String(made["jobId"]);
  };
  const fetched = async (job: string): Promise<Buffer> => {
    const output = join(folder, "out");
    await aws("get-job-output", ...vault, "--job-id", job, output);
    return readFile(output);
  };
  const expedited = await start({ Tier: "Expedited", RetrievalByteRange: "0-1048575" });
  const standard = await start({});
  const bulk = await start({ Tier: "Bulk" });
  expect(await aws("describe-job", ...vault, "--job-id", standard)).toMatchObject({
    StatusCode: "InProgress",
    Completed: false,
    Tier: "Standard",
    ArchiveSHA256TreeHash: checksum,
  });
  expect(await refusal(fetched(expedited))).toMatch(
    /InvalidParameterValueException.*not currently available for download/,
  );
  await advance("5m");
  expect((await fetched(expedited)).equals(body.subarray(0, mib))).toBe(true);
  expect(await refusal(fetched(standard))).toMatch(/not currently available/);
  await advance("5h");
  expect((await fetched(standard)).equals(body)).toBe(true);
  await advance("7h");
  expect((await fetched(bulk)).equals(body)).toBe(true);
  const range = ["--range", "bytes=1048576-2097151", join(folder, "part")];
  const part = await aws("get-job-output", ...vault, "--job-id", bulk, ...range);
  expect(part).toMatchObject({ status: 206, contentRange: `bytes 1048576-2097151/${body.length}` });
  expect(part["checksum"]).toBe(await botocoreTreeHash(join(folder, "part")));
});

test("an upload in parts goes on after kill -9, and the CSV inventory has its hash", async () => {
  const path = await makeFile("film.raw", 2 * mib + 99);
  const body = await readFile(path);
  const films = ["--vault-name", "films"];
  await aws("create-vault", ...films);
  const begun = await aws("initiate-multipart-upload", ...films, "--part-size", String(mib));
  const upload = [...films, "--upload-id", String(begun["uploadId"])];
  const send = async (index: number): Promise<void> => {
    const part = body.subarray(index * mib, (index + 1) * mib);
    const file = join(folder, `part-${index}`);
    await writeFile(file, part);
    const range = `bytes ${index * mib}-${index * mib + part.length - 1}/*`;
    await aws("upload-multipart-part", ...upload, "--range", range, "--body", file);
  };
  await send(1);
  await send(2);
  const { directory } = server;
  server.process.kill("SIGKILL");
  await server.stop();
  server = await startServer({ directory });
  const listed = (await aws("list-parts", ...upload))["Parts"] as Answer[];
  expect(listed.map((one) => one["RangeInBytes"])).toEqual(["1048576-2097151", "2097152-2097250"]);
  await send(0);
  const checksum = await botocoreTreeHash(path);
  const whole = ["--archive-size", String(body.length), "--checksum", checksum];
  const { archiveId } = await aws("complete-multipart-upload", ...upload, ...whole);
  const parameters = '{"Type":"inventory-retrieval","Format":"CSV"}';
  const { jobId } = await aws("initiate-job", ...films, "--job-parameters", parameters);
  await advance("5h");
  const output = join(folder, "inventory.csv");
  await aws("get-job-output", ...films, "--job-id", String(jobId), output);
  const rows = (await readFile(output, "utf8")).trimEnd().split("\n");
  expect(rows).toHaveLength(2);
  expect(rows[1]).toMatch(new RegExp(`^${String(archiveId)},.*,${body.length},${checksum}$`));
});

test("a completed vault lock holds against root and a restart, a pending one lapses", async () => {
  const papers = ["--vault-name", "papers"];
  await aws("create-vault", ...papers);
  const path = await makeFile("deed.pdf", 10_000);
  const { archiveId } = await aws("upload-archive", ...papers, "--body", path);
  const statement = {
    Effect: "Deny",
    Principal: "*",
    Action: "glacier:DeleteArchive",
    Resource: "*",
    Condition: { NumericLessThan: { "glacier:ArchiveAgeInDays": "365" } },
  };
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  const policy = ["--policy", JSON.stringify({ Policy })];
  await aws("initiate-vault-lock", ...papers, ...policy);
  await advance("25h");
  expect(await refusal(aws("get-vault-lock", ...papers))).toMatch(/ResourceNotFoundException/);
  const { lockId } = await aws("initiate-vault-lock", ...papers, ...policy);
  await aws("complete-vault-lock", ...papers, "--lock-id", String(lockId));
  const { directory } = server;
  await server.stop();
  server = await startServer({ directory });
  const remove = ["delete-archive", ...papers, "--archive-id", String(archiveId)] as const;
  expect(await refusal(aws(...remove))).toMatch(/AccessDeniedException/);
  await advance("366d");
  await aws(...remove);
});
