import { Agent, request } from "node:http";
import { Firn } from "@firn/firn";
import { printLine, testCount, testSeed } from "@firn/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ListedOperation } from "../../support/operations.ts";
import { Chance } from "./chance.ts";
import type { Known } from "./member-values.ts";
import { makeRequest } from "./request-maker.ts";
import type { Asked } from "./request-maker.ts";

/*
 * Every operation of S3, from what it declares: its path, its query, its headers and its document,
 * plausible or not. Each request is answered, with success or an error of the service's.
 */

const LANES = 4;
/** An answer that takes longer never comes. */
const ANSWER_MS_MAX = 20_000;
/** Ids that are remembered. */
const KNOWN_MAX = 20;
/** Requests between fresh buckets, as earlier ones may be gone or closed. */
const RENEW_EVERY = 100;

let firn: Firn;
let port: number;
let operations: readonly ListedOperation["operation"][];
const agent = new Agent({ keepAlive: true, maxSockets: LANES });
const known: Known = { uploads: [], versionIds: [], etags: [], parts: [], owners: [] };

beforeAll(async () => {
  firn = await Firn.open({ ephemeral: true, clockMode: { kind: "manual" } });
  const server = await firn.listen({
    port: 0,
    auth: "off",
    services: ["s3"],
    sseCustomerOverHttp: true,
  });
  ({ port } = server.address);
  const listed = server.operations().filter(({ service }) => service === "s3");
  operations = listed.map(({ operation }) => operation).filter(({ http }) => http !== undefined);
});
afterAll(async () => {
  agent.destroy();
  await firn.close();
});

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
}

function send({ method, path, headers, body }: Omit<Asked, "name">): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = { "content-length": String(body.length) };
    const sent = request({ agent, port, method, path, headers: { ...headers, ...length } });
    sent.setTimeout(ANSWER_MS_MAX, () => sent.destroy(new Error("no answer")));
    sent.on("error", reject);
    sent.on("response", (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text });
      });
      answer.on("error", reject);
    });
    sent.end(body);
  });
}

async function renew(): Promise<void> {
  const put = async (path: string, more: Readonly<Record<string, string>> = {}): Promise<void> => {
    await send({ method: "PUT", path, headers: more, body: Buffer.alloc(0) });
  };
  await put("/plain");
  await put("/versioned");
  await put("/locked", { "x-amz-bucket-object-lock-enabled": "true" });
  const status = Buffer.from(
    "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
  );
  const headers = { "x-amz-checksum-crc32": "" };
  await send({ method: "PUT", path: "/versioned?versioning", headers, body: status });
  for (const bucket of ["plain", "versioned", "locked"]) {
    for (const kind of [
      "policy",
      "encryption",
      "lifecycle",
      "publicAccessBlock",
      "ownershipControls",
    ]) {
      const path = `/${bucket}?${kind}`;
      await send({ method: "DELETE", path, headers: {}, body: Buffer.alloc(0) });
    }
    const path = `/${bucket}/k`;
    await send({ method: "PUT", path, headers: {}, body: Buffer.from("bytes") });
  }
}

function remember(list: string[], value: unknown): void {
  if (typeof value !== "string" || value === "" || list.includes(value)) return;
  list.push(value);
  if (list.length > KNOWN_MAX) list.shift();
}

function learn({ name, path }: Asked, { status, headers, text }: Answer): void {
  const [where, query] = path.split("?");
  const { uploadId, partNumber } = Object.fromEntries(new URLSearchParams(query));
  if (name === "UploadPart" && status === 200) {
    remember(known.parts, `${where} ${uploadId} ${partNumber} ${String(headers["etag"])}`);
  }
  remember(known.owners, /<Owner><ID>([0-9a-f]{64})</.exec(text)?.[1]);
  const id = /<UploadId>([^<]+)</.exec(text)?.[1];
  if (name === "CreateMultipartUpload" && id !== undefined) {
    remember(known.uploads, `${where} ${id}`);
  }
  remember(known.versionIds, headers["x-amz-version-id"]);
  remember(known.etags, headers["etag"]);
}

/** Why the answer is none that a client can live with. */
function faultOf({ method }: Asked, { status, headers, text }: Answer): string | undefined {
  if (status >= 500 && status !== 501) return `${status} ${text}`;
  if (status < 400 || method === "HEAD") return undefined;
  // What is refused before it is known what it is for has no document.
  if (text.includes("<Code>") || headers["content-length"] === "0") return undefined;
  return `an error without a code: ${status} ${text}`;
}

function told({ method, path, headers, body }: Asked): string {
  const text = body.toString("latin1", 0, 4000);
  return `${method} ${path} ${JSON.stringify(headers)} ${JSON.stringify(text)}`;
}

test("no request of any operation is a fault, and none is left without an answer", async () => {
  const chance = new Chance(testSeed());
  const count = testCount({ quick: 1500, full: 1_000_000 });
  const succeeded = new Map<string, number>();
  const statuses = new Map<number, number>();
  const began = performance.now();
  let asked = 0;
  const lane = async (): Promise<void> => {
    while (asked < count) {
      if (asked++ % RENEW_EVERY === 0) await renew();
      const operation = chance.pick(operations);
      // What ends things must not end all of them.
      if (/^(DeleteBucket|AbortMulti.*)$/.test(operation.name) && !chance.oneIn(8)) continue;
      const one = makeRequest(operation, chance, known);
      const answer = await send(one).catch((cause: unknown) => {
        throw new Error(`no answer to ${told(one)}`, { cause });
      });
      const fault = faultOf(one, answer);
      if (fault !== undefined) throw new Error(`${fault}\nto ${one.name}: ${told(one)}`);
      learn(one, answer);
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      if (answer.status < 400) succeeded.set(one.name, (succeeded.get(one.name) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  const rate = Math.round((asked / (performance.now() - began)) * 1000);
  const counts = [...statuses].sort().map(([status, times]) => `${status}: ${times}`);
  printLine(`${asked} requests, ${rate}/s; ${counts.join(", ")}`);
  const never = operations.filter(({ name }) => !succeeded.has(name)).map(({ name }) => name);
  printLine(`${operations.length} operations, without a success: ${never.join(", ") || "none"}`);
  // Much of it must be sense, or nothing but the first check is met.
  expect(succeeded.size).toBeGreaterThan(operations.length / 2);
});
