import { createHash, createHmac } from "node:crypto";
import type { BinaryLike } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import aws4 from "aws4";
import { AwsV4Signer } from "aws4fetch";
import { expect, test } from "vitest";
import { SigV4Verifier } from "./index.ts";
import type { SignedRequest, VerifyOptions } from "./index.ts";

const keys = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
};
const nowMs = Date.UTC(2026, 10, 24, 8, 0, 0);
const timestamp = "20261124T080000Z";
const verifier = new SigV4Verifier({
  credentials: (id) => (id === keys.accessKeyId ? keys : undefined),
});

interface Sample {
  readonly name: string;
  readonly service: string;
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

class Sha256 {
  readonly #hash: ReturnType<typeof createHash>;
  constructor(secret?: BinaryLike) {
    this.#hash = (
      secret === undefined ? createHash("sha256") : createHmac("sha256", secret)
    ) as never;
  }
  update(data: BinaryLike): void {
    this.#hash.update(data);
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }
}

const samples: Sample[] = [
  {
    name: "a JSON call",
    service: "dynamodb",
    method: "POST",
    path: "/",
    query: {},
    headers: {
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": "DynamoDB_20120810.ListTables",
    },
    body: "{}",
  },
  {
    name: "an object",
    service: "s3",
    method: "PUT",
    path: "/bucket/a%20b/%C3%A9%2B%28x%29~",
    query: { "x-id": "PutObject" },
    headers: { "x-amz-meta-a": "two  blanks" },
    body: "hello",
  },
  {
    name: "a listing",
    service: "s3",
    method: "GET",
    path: "/bucket",
    query: { "list-type": "2", prefix: "a b/ü+c", delimiter: "/", "max-keys": "7" },
    headers: {},
    body: "",
  },
  {
    name: "untidy path",
    service: "s3",
    method: "GET",
    path: "/bucket//a/../b/./c/",
    query: {},
    headers: {},
    body: "",
  },
  {
    name: "a vault",
    service: "glacier",
    method: "POST",
    path: "/-/vaults/my%20vault/archives",
    query: {},
    headers: { "x-amz-glacier-version": "2012-06-01" },
    body: "bytes",
  },
];

type Signer = (sample: Sample) => Promise<SignedRequest>;

const target = (sample: Sample): string => {
  const query = new URLSearchParams(sample.query).toString().replaceAll("+", "%20");
  return query === "" ? sample.path : `${sample.path}?${query}`;
};

const signers: Record<string, Signer> = {
  "@smithy/signature-v4": async (sample) => {
    const signer = new SignatureV4({
      service: sample.service,
      region: "us-east-1",
      credentials: keys,
      sha256: Sha256 as never,
      uriEscapePath: sample.service !== "s3",
    });
    const signed = await signer.sign(
      {
        protocol: "http:",
        hostname: "localhost",
        method: sample.method,
        path: sample.path,
        query: { ...sample.query },
        headers: { host: "localhost:4566", ...sample.headers },
        body: sample.body,
      },
      { signingDate: new Date(nowMs) },
    );
    return { method: sample.method, url: target(sample), headers: signed.headers };
  },
  aws4: (sample) => {
    const signed = aws4.sign(
      {
        service: sample.service,
        region: "us-east-1",
        method: sample.method,
        path: target(sample),
        host: "localhost:4566",
        headers: { "X-Amz-Date": timestamp, ...sample.headers },
        body: sample.body,
      },
      keys,
    );
    return Promise.resolve({
      method: sample.method,
      url: signed.path ?? "",
      headers: lower(signed.headers as never),
    });
  },
  aws4fetch: async (sample) => {
    const signer = new AwsV4Signer({
      ...keys,
      service: sample.service,
      region: "us-east-1",
      method: sample.method,
      url: `http://localhost:4566${target(sample)}`,
      headers: { ...sample.headers },
      datetime: timestamp,
      ...(sample.body === "" ? {} : { body: sample.body }),
    });
    const signed = await signer.sign();
    return {
      method: signed.method,
      url: signed.url.pathname + signed.url.search,
      headers: { host: signed.url.host, ...Object.fromEntries(signed.headers) },
    };
  },
};

function lower(headers: Record<string, string | number>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([k, v]) => [k.toLowerCase(), String(v)]));
}

for (const [name, sign] of Object.entries(signers)) {
  test.each(samples)(`$name signed by ${name} is accepted`, async (sample) => {
    const request = await sign(sample);
    const options: VerifyOptions = {
      service: sample.service,
      nowMs,
      body: Buffer.from(sample.body),
    };
    expect(verifier.verify(request, options).accessKeyId).toBe(keys.accessKeyId);
  });
}
