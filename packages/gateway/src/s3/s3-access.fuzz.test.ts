import { createHmac } from "node:crypto";
import { rm } from "node:fs/promises";
import { Agent, request } from "node:http";
import { SeededRandom, makeTemporaryDirectory, openStore } from "@firn/core";
import type { Store } from "@firn/core";
import { ObjectStore } from "@firn/objects";
import { gatewaySetup, printLine, testBudgetMs, testRoot, testSeed } from "@firn/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Gateway } from "../frame/gateway.ts";
import { createS3Service } from "./service.ts";

const QUICK_MS = 1500;
const SECRET = "fuzz/secret";
const root = testRoot("AKFUZZ");

let directory: string;
let store: Store;
let gateway: Gateway;
let port: number;
const agent = new Agent({ keepAlive: true, maxSockets: 4 });

beforeAll(async () => {
  directory = await makeTemporaryDirectory();
  store = await openStore({ directory, ephemeral: true });
  const objects = await ObjectStore.open({ store });
  for (const bucket of ["policies", "lists", "forms"]) {
    const open = { objectOwnership: "ObjectWriter", publicAccessBlock: null } as const;
    await objects.createBucket({ bucket, ...open });
  }
  await objects.putObject({ bucket: "policies", key: "k" });
  const { auth, ...setup } = gatewaySetup(store, [
    { accessKeyId: root.accessKeyId, secretAccessKey: SECRET, caller: root },
  ]);
  gateway = new Gateway({
    services: [createS3Service({ objects })],
    ...setup,
    // Nobody is refused for a signature: what is behind it is what is met.
    auth: {
      ...auth,
      mode: "off",
      credentials: () => ({ secretAccessKey: SECRET, caller: root }),
    },
  });
  ({ port } = await gateway.listen({ host: "127.0.0.1", port: 0 }));
});
afterAll(async () => {
  agent.destroy();
  await gateway.close();
  await store.close();
  await rm(directory, { recursive: true });
});

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

function send({ method, path, headers = {}, body }: Asked): Promise<number> {
  return new Promise((resolve, reject) => {
    const length = { "content-length": String(body?.length ?? 0) };
    const sent = request({ agent, port, method, path, headers: { ...headers, ...length } });
    sent.on("error", reject);
    sent.on("response", (answer) => {
      answer.resume();
      answer.on("end", () => resolve(answer.statusCode ?? 0));
      answer.on("error", reject);
    });
    sent.end(body);
  });
}

/** Sends what `make` makes until the time is over: nothing may be answered with a fault. */
async function fuzz(name: string, make: (random: Chance) => Asked): Promise<void> {
  const random = new Chance(testSeed());
  const endAt = performance.now() + testBudgetMs(QUICK_MS, 0.03);
  const statuses = new Map<number, number>();
  while (performance.now() < endAt) {
    const asked = make(random);
    const status = await send(asked).catch((cause: unknown) => {
      throw new Error(`no answer to ${told(asked)}`, { cause });
    });
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    const isFault = status >= 500 && status !== 501;
    expect(isFault, `${status} to ${told(asked)}`).toBe(false);
  }
  const counts = [...statuses].map(([status, count]) => `${status}: ${count}`).join(", ");
  printLine(`${name}: ${counts}`);
  // Some of it must be sense, or nothing but the first check is met.
  expect([...statuses.keys()].some((status) => status < 300)).toBe(true);
}

function told({ method, path, headers, body }: Asked): string {
  return `${method} ${path} ${JSON.stringify(headers)} ${JSON.stringify(body?.toString("latin1"))}`;
}

class Chance {
  readonly #random: SeededRandom;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
  }

  below(bound: number): number {
    return this.#random.below(bound);
  }

  oneIn(count: number): boolean {
    return this.below(count) === 0;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  /** Pieces dropped, doubled, swapped and replaced; then, now and then, bytes too. */
  spoiled(pieces: readonly string[], words: readonly string[]): Buffer {
    const out: string[] = [];
    const rate = this.pick([8, 30, 1000]);
    for (const piece of pieces) {
      if (!this.oneIn(rate)) out.push(piece);
      else if (this.oneIn(3)) out.push(piece, piece);
      else if (this.oneIn(2)) out.push(this.pick(words));
    }
    const bytes = Buffer.from(out.join(""));
    while (bytes.length > 0 && this.oneIn(4)) bytes[this.below(bytes.length)] = this.below(256);
    return this.oneIn(10) ? bytes.subarray(0, this.below(bytes.length + 1)) : bytes;
  }
}

const split = (text: string): string[] => text.match(/<[^>]*>|"[^"]*"|[\w$*-]+|\s+|./gs) ?? [];

test("policies: no document is a fault, whatever is asked for afterwards", async () => {
  const Statement = [
    {
      Sid: "a",
      Effect: "Allow",
      Principal: { AWS: ["111111111111", "*"] },
      Action: ["s3:GetObject", "s3:ListBucket"],
      Resource: ["arn:aws:s3:::policies/*", "arn:aws:s3:::policies"],
      Condition: {
        StringLikeIfExists: { "s3:prefix": "a*", "aws:Referer": ["${aws:username}", "b?"] },
        IpAddress: { "aws:SourceIp": ["10.0.0.0/8", "::1"] },
        "ForAllValues:StringEquals": { "s3:RequestObjectTagKeys": ["a"] },
        DateLessThan: { "aws:CurrentTime": "2030-01-01T00:00:00Z" },
        Null: { "s3:x-amz-acl": "true" },
      },
    },
    {
      Effect: "Deny",
      NotPrincipal: "*",
      NotAction: "s3:*",
      NotResource: "arn:aws:s3:::policies/x",
    },
  ];
  const pieces = split(JSON.stringify({ Version: "2012-10-17", Id: "i", Statement }));
  const words = [
    '"*"',
    '"Deny"',
    "{}",
    "[]",
    "null",
    "1e9",
    '"${"',
    '"__proto__"',
    ",",
    '"\\u0000"',
  ];
  await fuzz("policies", (random) => {
    if (random.oneIn(3)) {
      const path = random.pick(["/policies/k", "/policies?list-type=2", "/policies?policyStatus"]);
      return { method: "GET", path, headers: { "x-amz-tagging": "a=b" } };
    }
    if (random.oneIn(20)) return { method: "DELETE", path: "/policies?policy" };
    return { method: "PUT", path: "/policies?policy", body: random.spoiled(pieces, words) };
  });
});

test("lists: no document and no header is a fault", async () => {
  const id = root.canonicalId;
  const grant = (type: string, inner: string): string =>
    `<Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="${type}">` +
    `${inner}</Grantee><Permission>READ</Permission></Grant>`;
  const groups = "http://acs.amazonaws.com/groups/global/AllUsers";
  const pieces = split(
    `<AccessControlPolicy xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Owner><ID>${id}</ID>` +
      `</Owner><AccessControlList>${grant("CanonicalUser", `<ID>${id}</ID>`)}` +
      `${grant("Group", `<URI>${groups}</URI>`)}</AccessControlList></AccessControlPolicy>`,
  );
  const words = [
    "<Grant/>",
    "<Grantee>",
    "&amp;",
    "&x;",
    "<!DOCTYPE a>",
    "<![CDATA[",
    "FULL_CONTROL",
  ];
  const values = [
    `id=${id}`,
    `id="${id}"`,
    `uri="${groups}"`,
    "id=",
    "=",
    '"',
    "a=b",
    "id=x,id=y",
    "",
  ];
  await fuzz("lists", (random) => {
    if (random.oneIn(5)) return { method: "GET", path: "/lists?acl" };
    if (random.oneIn(3)) {
      const name = random.pick(["read", "write", "read-acp", "full-control"]);
      const headers = {
        [`x-amz-grant-${name}`]: random.pick(values),
        ...(random.oneIn(4) ? { "x-amz-acl": random.pick(["private", "public-read", "x"]) } : {}),
      };
      return { method: "PUT", path: random.pick(["/lists?acl", "/lists/k"]), headers };
    }
    return { method: "PUT", path: "/lists?acl", body: random.spoiled(pieces, words) };
  });
});

test("forms: no body is a fault", async () => {
  const policy = {
    expiration: "2999-01-01T00:00:00Z",
    conditions: [["starts-with", "$key", ""], { acl: "private" }, ["content-length-range", 0, 50]],
  };
  const policyPieces = split(JSON.stringify(policy));
  const words = [
    "\r\n",
    "--",
    "--b",
    "; ",
    'name="file"',
    "Content-Disposition: form-data",
    "%",
    "$",
  ];
  const part = (name: string, value: string): string[] => [
    "--b",
    "\r\n",
    "Content-Disposition: form-data; ",
    `name="${name}"`,
    "\r\n",
    "\r\n",
    value,
    "\r\n",
  ];
  const tagging = "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>";
  await fuzz("forms", (random) => {
    const encoded = random
      .spoiled(random.oneIn(2) ? policyPieces : [JSON.stringify(policy)], [
        "{}",
        "[]",
        "1",
        '"$"',
        `${"[".repeat(6000)}${"]".repeat(6000)}`,
      ])
      .toString("base64");
    const signature = createHmac("sha1", SECRET).update(encoded).digest("base64");
    const fields: string[] = part("key", random.pick(["k", "${filename}", "a/b", "", "é"]));
    if (random.oneIn(2)) {
      fields.push(...part("policy", encoded), ...part("signature", signature));
      fields.push(...part("AWSAccessKeyId", "AKFUZZ"), ...part("acl", "private"));
    }
    if (random.oneIn(3)) fields.push(...part("success_action_status", random.pick(["201", "x"])));
    if (random.oneIn(3))
      fields.push(...part("success_action_redirect", random.pick(["x:", "http://a"])));
    if (random.oneIn(4))
      fields.push(...part("tagging", random.pick([tagging, "<Tagging>", "a=b"])));
    if (random.oneIn(4)) fields.push(...part("x-amz-meta-a", "\u0001é"));
    if (random.oneIn(6))
      fields.push(...part("x-amz-checksum-crc32", random.pick(["AAAAAA==", "x"])));
    fields.push(...part("file", "bytes".repeat(random.below(4))), "--b", "--", "\r\n");
    const type = random.oneIn(10)
      ? random.pick(["multipart/form-data", "text/plain", 'multipart/form-data; boundary=""'])
      : "multipart/form-data; boundary=b";
    const body = random.spoiled(fields, words);
    return { method: "POST", path: "/forms", headers: { "content-type": type }, body };
  });
});
