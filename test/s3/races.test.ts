import { Agent, request } from "node:http";
import {
  CreateBucketCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { printLine } from "@firn/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serveS3 } from "../support/serve-s3.ts";
import type { ServedS3 } from "../support/serve-s3.ts";

/** 64 writers of one new key with `If-None-Match: *`: one of them wins, and its bytes stay. */

const WRITERS = 64;
/** Rounds of each kind: a few on every run, 1,000 in the long tier. */
const isLongTier = process.env["FIRN_BUDGET_SECONDS"] !== undefined;
const rounds = { embedded: isLongTier ? 1000 : 50, http: isLongTier ? 1000 : 8 };

let served: ServedS3;
/** A connection for each client. */
const agent = new Agent({ keepAlive: true, maxSockets: WRITERS });

beforeAll(async () => {
  served = await serveS3();
});
afterAll(async () => {
  agent.destroy();
  await served.close();
});

const kinds = ["plain", "versioned", "locked"] as const;

async function makeBucket(kind: (typeof kinds)[number], name: string): Promise<string> {
  const { s3 } = served;
  const ObjectLockEnabledForBucket = kind === "locked";
  await s3.send(new CreateBucketCommand({ Bucket: name, ObjectLockEnabledForBucket }));
  if (kind === "versioned") {
    const VersioningConfiguration = { Status: "Enabled" } as const;
    await s3.send(new PutBucketVersioningCommand({ Bucket: name, VersioningConfiguration }));
  }
  return name;
}

/** As a client that has been given the URL: all of the time goes into the race. */
function putAt(url: string, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { "if-none-match": "*", "content-length": String(body.length) };
    const sent = request(url, { agent, method: "PUT", headers }, (answer) => {
      let text = "";
      answer.on("data", (chunk: Buffer) => (text += chunk.toString()));
      answer.on("end", () => {
        if (answer.statusCode === 200) return resolve();
        const code = /<Code>([^<]+)</.exec(text)?.[1];
        reject(Object.assign(new Error(`${answer.statusCode}`), { code }));
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** Runs one round and looks at what is there afterwards. */
async function round(
  bucket: string,
  key: string,
  put: (writer: number) => Promise<unknown>,
): Promise<void> {
  const writers = Array.from({ length: WRITERS }, (_, writer) => writer);
  const results = await Promise.allSettled(writers.map((writer) => put(writer)));
  const winners = writers.filter((writer) => results[writer]?.status === "fulfilled");
  expect(winners).toHaveLength(1);
  const { body } = await served.firn.objects.getObject({ bucket, key });
  let text = "";
  for await (const chunk of body) text += Buffer.from(chunk).toString();
  expect(text).toBe(`of ${winners[0]}`);
  const losers = results.flatMap((result) =>
    result.status === "fulfilled" ? [] : [(result.reason as { code?: string }).code],
  );
  const refusals = ["PreconditionFailed", "FIRN_OBJECT_PRECONDITION_FAILED"];
  expect(losers.filter((code) => !refusals.includes(code ?? ""))).toEqual([]);
}

describe.each(kinds)("in a %s bucket", (kind) => {
  test("of 64 writers in the process one wins", async () => {
    const bucket = await makeBucket(kind, `race-${kind}`);
    for (let n = 0; n < rounds.embedded; n++) {
      const key = `k${n}`;
      await round(bucket, key, async (writer) => {
        const body = Buffer.from(`of ${writer}`);
        await served.firn.objects.putObject({ bucket, key, body, ifNoneMatch: "*" });
      });
    }
    printLine(`${rounds.embedded} rounds of ${WRITERS} writers in the process, ${kind}`);
  });

  test("of 64 clients over HTTP one wins", async () => {
    const Bucket = await makeBucket(kind, `race-http-${kind}`);
    for (let n = 0; n < rounds.http; n++) {
      const Key = `k${n}`;
      const put = new PutObjectCommand({ Bucket, Key });
      const url = await getSignedUrl(served.s3, put, { expiresIn: 3600 });
      await round(Bucket, Key, (writer) => putAt(url, `of ${writer}`));
    }
    printLine(`${rounds.http} rounds of ${WRITERS} clients over HTTP, ${kind}`);
  });
});
