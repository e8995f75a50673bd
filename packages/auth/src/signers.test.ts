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

function smithySigner({ service }: Sample): SignatureV4 {
  return new SignatureV4({
    service,
    region: "us-east-1",
    credentials: keys,
    sha256: Sha256 as never,
    uriEscapePath: service !== "s3",
  });
}

function smithyRequest(sample: Sample): Parameters<SignatureV4["presign"]>[0] {
  const { method, path, query, body } = sample;
  const headers = { host: "localhost:4566", ...sample.headers };
  return {
    protocol: "http:",
    hostname: "localhost",
    method,
    path,
    query: { ...query },
    headers,
    body,
  };
}

const signers: Record<string, Signer> = {
  "@smithy/signature-v4": async (sample) => {
    const options = { signingDate: new Date(nowMs) };
    const signed = await smithySigner(sample).sign(smithyRequest(sample), options);
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

const presigners: Record<string, Signer> = {
  "@smithy/signature-v4": async (sample) => {
    // As the SDK's own presigner for S3 does; it travels in the query.
    const unbound = { "X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD" };
    const request = smithyRequest({ ...sample, headers: { ...sample.headers, ...unbound } });
    const options = { signingDate: new Date(nowMs), expiresIn: 60 };
    const signed = await smithySigner(sample).presign(request, options);
    const query = Object.entries(signed.query as Record<string, string>);
    const text = query.map((pair) => pair.map(encodeURIComponent).join("="));
    const url = `${sample.path}?${text.join("&")}`;
    return { method: sample.method, url, headers: { host: "localhost:4566" } };
  },
  aws4: (sample) => {
    const path = `${target(sample)}${target(sample).includes("?") ? "&" : "?"}X-Amz-Expires=60&X-Amz-Date=${timestamp}`;
    const { service, method } = sample;
    const options = { service, method, path, region: "us-east-1", host: "localhost:4566" };
    const signed = aws4.sign({ ...options, signQuery: true }, keys);
    const headers = { host: "localhost:4566" };
    return Promise.resolve({ method, url: signed.path ?? "", headers });
  },
  aws4fetch: async (sample) => {
    const signer = new AwsV4Signer({
      ...keys,
      service: sample.service,
      region: "us-east-1",
      method: sample.method,
      url: `http://localhost:4566${target(sample)}`,
      datetime: timestamp,
      signQuery: true,
    });
    const signed = await signer.sign();
    const url = signed.url.pathname + signed.url.search;
    return { method: signed.method, url, headers: { host: signed.url.host } };
  },
};

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

const urls = samples
  .filter(({ service }) => service === "s3")
  .map((sample) => ({ ...sample, headers: {} }));

for (const [name, sign] of Object.entries(presigners)) {
  test.each(urls)(`$name presigned by ${name} is accepted`, async (sample) => {
    const found = verifier.verify(await sign(sample), { service: "s3", nowMs });
    expect(found).toMatchObject({ form: "presigned", payload: { kind: "unsigned" } });
  });
}

test("a request signed by any of them is refused with another method", async () => {
  for (const sign of [...Object.values(signers), ...Object.values(presigners)]) {
    const request = await sign(urls[0] as Sample);
    const changed = { ...request, method: "DELETE" };
    expect(() => verifier.verify(changed, { service: "s3", nowMs })).toThrow("does not fit");
  }
});
