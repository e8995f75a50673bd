import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import aws4 from "aws4";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { callAdmin } from "./admin-client.ts";
import type { AdminTarget } from "./admin-client.ts";
import { makeProgram } from "./program.ts";

const LAB = { accessKeyId: "LABROOT", secretAccessKey: "lab-secret" };
const ANN = { accessKeyId: "ANN", secretAccessKey: "ann-secret" };
const POLICY = {
  Version: "2012-10-17",
  Statement: {
    Effect: "Allow",
    Action: "s3:GetObject",
    Resource: "arn:aws:s3:::lab/${aws:username}/*",
  },
};
const DECLARATION = {
  accounts: [
    {
      accountId: "111111111111",
      displayName: "lab",
      accessKeys: [LAB],
      policies: [{ policyName: "home", policyDocument: POLICY }],
      users: [{ userName: "ann", accessKeys: [ANN], attachedPolicies: ["home"] }],
    },
  ],
};

let directory: string;
let target: AdminTarget;
let end: () => Promise<unknown>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "firn-accounts-"));
  const file = join(directory, "accounts.json");
  await writeFile(file, JSON.stringify(DECLARATION));
  const lines: string[] = [];
  let stop = (): void => {};
  const stopped = new Promise<void>((resolve) => (stop = resolve));
  const program = makeProgram({ environment: {}, print: (line) => lines.push(line), stopped });
  const where = ["--directory", join(directory, "data"), "--port", "0"];
  const args = ["serve", ...where, "--accounts-file", file, "--log-level", "silent"];
  const ended = program.parseAsync(args, { from: "user" });
  await Promise.race([vi.waitUntil(() => lines.at(-1)?.includes("ready"), 20_000), ended]);
  const value = (name: string): string =>
    lines.find((line) => line.startsWith(`export ${name}=`))?.split("=")[1] ?? "";
  target = {
    endpoint: value("AWS_ENDPOINT_URL"),
    accessKeyId: value("AWS_ACCESS_KEY_ID"),
    secretAccessKey: value("AWS_SECRET_ACCESS_KEY"),
  };
  end = () => (stop(), ended);
});
afterAll(async () => {
  await end();
  await rm(directory, { recursive: true });
});

async function s3(keys: typeof LAB, method: string, path: string): Promise<number> {
  const url = new URL(path, target.endpoint);
  const request = { host: url.host, path, method, service: "s3", region: "us-east-1" };
  const { headers = {} } = aws4.sign(request, keys);
  const sent = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (!/^(host|content-length)$/i.test(name)) sent.set(name, String(value));
  }
  return (await fetch(url, { method, headers: sent })).status;
}

const admin = (operation: string, body: Readonly<Record<string, unknown>>): Promise<unknown> =>
  callAdmin(target, `/_firn/identity/${operation}`, body);

test("accounts of the file are there, and a user may do what its policies say", async () => {
  expect(await s3(LAB, "PUT", "/lab")).toBe(200);
  expect(await s3(LAB, "PUT", "/lab/ann/a")).toBe(200);
  expect(await s3(ANN, "GET", "/lab/ann/a")).toBe(200);
  expect(await s3(ANN, "GET", "/lab/bob/a")).toBe(403);
  expect(await s3(ANN, "PUT", "/lab/ann/b")).toBe(403);
  expect(await s3(target, "GET", "/lab/ann/a")).toBe(403);
});

test("root administers them over HTTP: a change holds from the next request on", async () => {
  const user = { accountId: "111111111111", userName: "ann" };
  const Statement = { Effect: "Allow", Action: "s3:PutObject", Resource: "*" };
  const policyDocument = { Version: "2012-10-17", Statement };
  await admin("PutUserPolicy", { ...user, policyName: "write", policyDocument });
  expect(await s3(ANN, "PUT", "/lab/ann/b")).toBe(200);
  await admin("DeleteUserPolicy", { ...user, policyName: "write" });
  expect(await s3(ANN, "PUT", "/lab/ann/b")).toBe(403);
  await admin("UpdateAccessKey", { accessKeyId: "ANN", status: "Inactive" });
  expect(await s3(ANN, "GET", "/lab/ann/a")).toBe(403);
  const nonsense = { ...user, policyName: "n", policyDocument: { Statement: [] } };
  await expect(admin("PutUserPolicy", nonsense)).rejects.toThrow("Statement is empty");
});

test("nobody but the server's own root administers anything", async () => {
  const lab = { ...LAB, endpoint: target.endpoint };
  await expect(callAdmin(lab, "/_firn/identity/ListAccounts", {})).rejects.toThrow();
});
